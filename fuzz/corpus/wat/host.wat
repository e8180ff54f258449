;; host.wat: what a text editor offers its plugins.
;;
;; Look at its types:      typereg inspect examples/host.wat
;; Beside a plugin's:      typereg inspect examples/host.wat examples/plugin.wat

(module $host
  ;; UTF-8 bytes. A type outside `rec` is a recursion group of one.
  (type $text (array (mut i8)))

  ;; A document is a tree: a block holds a list of blocks. The two refer to each other, so they
  ;; stand in one recursion group, and are the same types wherever this very group is declared.
  ;; A block is open (`sub` without `final`): kinds of block may extend it.
  (rec
    (type $block (sub (struct
      (field $text (ref $text))
      (field $children (mut (ref null $blocks))))))
    (type $blocks (array (mut (ref $block)))))

  ;; A kind of block that has more to it.
  (type $heading (sub final $block (struct
    (field $text (ref $text))
    (field $children (mut (ref null $blocks)))
    (field $level i32))))

  ;; Where the user is. Plugins see it and cannot move it: no field is `mut`.
  (type $cursor (struct
    (field $block (ref $block))
    (field $offset i32)))

  ;; The host's functions and its one exception, which carries a message.
  (type $get_document (func (result (ref $block))))
  (type $get_cursor (func (result (ref $cursor))))
  (type $insert (func (param $after (ref $block)) (param $new (ref $block))))
  (type $refused (func (param (ref $text))))

  (tag (export "refused") (type $refused))
  (memory (export "scratch") 1 16)
  (global (export "version") i32 (i32.const 1))

  ;; Only the declared types matter to whoever links against this, so the bodies do nothing.
  (func (export "document") (type $get_document) unreachable)
  (func (export "cursor") (type $get_cursor) unreachable)
  (func (export "insert") (type $insert) unreachable))
