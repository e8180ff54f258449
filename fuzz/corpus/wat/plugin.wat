;; plugin.wat: a plugin that fits host.wat. It adds a heading where the user is.
;;
;; It declares the host's types again, in another order, among types of its own and partly under
;; other names. Neither order nor names matter to a type's identity: the recursion groups are equal,
;; so one engine holds each of them once.

(module $plugin
  ;; The plugin's own, of no concern to the host.
  (type $run (func (param $level i32) (result i32)))

  (type $text (array (mut i8)))
  (rec
    (type $node (sub (struct
      (field $text (ref $text))
      (field $children (mut (ref null $nodes))))))
    (type $nodes (array (mut (ref $node)))))
  (type $heading (sub final $node (struct
    (field $text (ref $text))
    (field $children (mut (ref null $nodes)))
    (field $level i32))))
  (type $cursor (struct
    (field $node (ref $node))
    (field $offset i32)))

  (type $get_cursor (func (result (ref $cursor))))
  (type $insert (func (param (ref $node)) (param (ref $node))))
  (type $refused (func (param (ref $text))))

  (import "host" "cursor" (func $cursor (type $get_cursor)))
  (import "host" "insert" (func $insert (type $insert)))
  (import "host" "refused" (tag $refused (type $refused)))

  (data $title "New section")

  (func (export "run") (type $run) (param $level i32) (result i32)
    (call $insert
      (struct.get $cursor $node (call $cursor))
      (struct.new $heading
        (array.new_data $text $title (i32.const 0) (i32.const 11))
        (ref.null $nodes)
        (local.get $level)))
    (i32.const 0)))
