;; plugin_misfit.wat: a plugin that does not fit host.wat, by one word.
;;
;; It wants to move the cursor, so it declares `$offset` as `mut`. That makes its `$cursor` another
;; type than the host's, and with it the result of "cursor", which it imports. An engine would refuse
;; to link the two modules and name neither the field nor the word.

(module $plugin
  (type $text (array (mut i8)))
  (rec
    (type $block (sub (struct
      (field $text (ref $text))
      (field $children (mut (ref null $blocks))))))
    (type $blocks (array (mut (ref $block)))))
  (type $cursor (struct
    (field $block (ref $block))
    (field $offset (mut i32))))          ;; the host has: (field $offset i32)

  (type $get_cursor (func (result (ref $cursor))))
  (type $insert (func (param (ref $block)) (param (ref $block))))
  (type $run (func (param $by i32)))

  (import "host" "cursor" (func $cursor (type $get_cursor)))
  (import "host" "insert" (func $insert (type $insert)))

  (func (export "run") (type $run) (param $by i32)
    (local $at (ref $cursor))
    (local.set $at (call $cursor))
    (struct.set $cursor $offset
      (local.get $at)
      (i32.add (struct.get $cursor $offset (local.get $at)) (local.get $by)))))
