//! Types as WAT in their module's own names.

use std::convert::Infallible;
use std::fmt::{self, Display, Write};

use super::parts::Spot;
use super::side::Side;
use crate::error::{Error, Result};
use crate::module::NamedType;
use crate::types::{CompositeType, ExternType, FieldType, TagType};

/// More of a type than this many bytes of WAT is cut: a group of a million members has to be told
/// from another one, not read.
const MOST: usize = 2_000;
const DOTS: &str = " ...";

/// Text that stops growing at [`MOST`].
struct Cut(String);

impl Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() <= MOST {
            self.0.push_str(text);
            return Ok(());
        }
        let mut room = MOST - self.0.len();
        while !text.is_char_boundary(room) {
            room -= 1;
        }
        self.0.push_str(&text[..room]);
        Err(fmt::Error)
    }
}

/// Why a text ends before it is complete.
enum Stop {
    /// It is long enough.
    Cut,
    Failed(Error),
}

impl From<fmt::Error> for Stop {
    fn from(_: fmt::Error) -> Stop {
        Stop::Cut
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Failed(error)
    }
}

/// What `write` writes, or its beginning and three dots.
fn cut(write: impl FnOnce(&mut Cut) -> std::result::Result<(), Stop>) -> Result<String> {
    let mut text = Cut(String::new());
    match write(&mut text) {
        Ok(()) => Ok(text.0),
        Err(Stop::Cut) => Ok(text.0 + DOTS),
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// Whether a type was cut: no WAT ends so.
pub(super) fn is_cut(text: &str) -> bool {
    text.ends_with(DOTS)
}

/// A name as an identifier of the text format, quoted where it needs to be.
pub(super) fn identifier(name: &str) -> String {
    let plain = |char: char| char.is_ascii_graphic() && !"\"(),;[]{}".contains(char);
    if !name.is_empty() && name.chars().all(plain) {
        return format!("${name}");
    }
    let mut text = String::from("$\"");
    for char in name.chars() {
        match char {
            '"' | '\\' => text.extend(['\\', char]),
            char => push_printable(&mut text, char),
        }
    }
    text.push('"');
    text
}

/// Adds a character as a reader is to see it. What a terminal would obey, or not show, is escaped
/// as in WAT: control and format characters, such as those that turn the direction of writing, and
/// the separators of lines.
pub(super) fn push_printable(text: &mut String, char: char) {
    let is_format = matches!(char,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    if char.is_control() || is_format {
        text.push_str(&format!("\\u{{{:x}}}", u32::from(char)));
    } else {
        text.push(char);
    }
}

/// A reference to a type: its name, or else its index. Where the name leaves open which type it
/// is, the index stands behind it as a comment.
struct Named<'a> {
    side: Side<'a>,
    node: u32,
}

impl Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.side.name(self.node) {
            Some(name) if self.side.is_name_shared(self.node) => {
                write!(f, "{} (;{};)", identifier(name), self.node)
            }
            Some(name) => f.write_str(&identifier(name)),
            None => write!(f, "{}", self.node),
        }
    }
}

/// Puts names in the place of nodes.
macro_rules! named {
    ($side:expr, $ty:expr, $map:ident) => {{
        let Ok(ty) = $ty.$map(&mut |&node| Ok::<_, Infallible>(Named { side: $side, node }));
        ty
    }};
}

/// How a type refers to another, or by what name a type goes: `$node` or `3`.
pub(super) fn reference(side: Side<'_>, node: u32) -> String {
    Named { side, node }.to_string()
}

/// A type as declared.
pub(super) fn sub_type(side: Side<'_>, node: u32) -> Result<String> {
    cut(|out| write_sub_type(out, side, node))
}

/// The recursion group of a type.
pub(super) fn group(side: Side<'_>, node: u32) -> Result<String> {
    cut(|out| {
        out.write_str("(rec")?;
        for member in side.group(node) {
            out.write_str(" (type ")?;
            if side.name(member).is_some() {
                write!(out, "{} ", reference(side, member))?;
            }
            write_sub_type(out, side, member)?;
            out.write_char(')')?;
        }
        Ok(out.write_char(')')?)
    })
}

/// A part of a type: `(param i32)`, `(field $x (mut i32))`; the type itself where the part is more
/// than a value.
pub(super) fn part(side: Side<'_>, node: u32, spot: Spot) -> Result<String> {
    let ty = side.sub_type(node)?.composite;
    let value = |keyword: &str, types: &[crate::types::ValType<u32>], index: u32| {
        let ty = named!(side, types[index as usize], try_map);
        Ok(format!("({keyword} {ty})"))
    };
    match (spot, &ty) {
        (Spot::Param(index), CompositeType::Func(ty)) => value("param", &ty.params, index),
        (Spot::Result(index), CompositeType::Func(ty)) => value("result", &ty.results, index),
        (Spot::Field(index), CompositeType::Struct(ty)) => {
            let field = &ty.fields[index as usize];
            cut(|out| Ok(write_field(out, side, node, index, field)?))
        }
        (
            Spot::Whole
            | Spot::Param(_)
            | Spot::Result(_)
            | Spot::Field(_)
            | Spot::Element
            | Spot::Supertype
            | Spot::Target,
            _,
        ) => sub_type(side, node),
    }
}

fn write_field(
    out: &mut Cut,
    side: Side<'_>,
    node: u32,
    index: u32,
    field: &FieldType<u32>,
) -> fmt::Result {
    out.write_str("(field ")?;
    if let Some(name) = side.field_name(node, index) {
        write!(out, "{} ", identifier(name))?;
    }
    write!(out, "{})", named!(side, field, try_map))
}

fn write_sub_type(out: &mut Cut, side: Side<'_>, node: u32) -> std::result::Result<(), Stop> {
    let ty = side.sub_type(node)?;
    let plain = ty.is_final && ty.supertype.is_none();
    if !plain {
        out.write_str("(sub ")?;
        if ty.is_final {
            out.write_str("final ")?;
        }
        if let Some(supertype) = ty.supertype {
            write!(out, "{} ", reference(side, supertype))?;
        }
    }
    match &ty.composite {
        CompositeType::Func(ty) => write!(out, "{}", named!(side, ty, try_map))?,
        CompositeType::Struct(ty) => {
            out.write_str("(struct")?;
            for (index, field) in (0..).zip(&ty.fields) {
                out.write_char(' ')?;
                write_field(out, side, node, index, field)?;
            }
            out.write_char(')')?;
        }
        CompositeType::Array(_) | CompositeType::Cont(_) => {
            write!(out, "{}", named!(side, ty.composite, try_map))?;
        }
    }
    if !plain {
        out.write_char(')')?;
    }
    Ok(())
}

/// An external type. A function or tag that names a plain final type is written by signature, any
/// other one as the type that it names.
pub(super) fn extern_type(side: Side<'_>, ty: &NamedType) -> Result<String> {
    match ty {
        ExternType::Func(node) => sub_type(side, *node),
        ExternType::Table(ty) => cut(|out| Ok(write!(out, "{}", named!(side, ty, try_map))?)),
        ExternType::Memory(ty) => Ok(ty.to_string()),
        ExternType::Global(ty) => cut(|out| Ok(write!(out, "{}", named!(side, ty, try_map))?)),
        ExternType::Tag(TagType { func }) => cut(|out| {
            let ty = side.sub_type(*func)?;
            if ty.is_final && ty.supertype.is_none() {
                let CompositeType::Func(func) = &ty.composite else {
                    unreachable!("decoding checked that tags name function types");
                };
                let func = named!(side, func, try_map);
                write!(out, "{}", TagType { func })?;
            } else {
                out.write_str("(tag ")?;
                write_sub_type(out, side, *func)?;
                out.write_char(')')?;
            }
            Ok(())
        }),
    }
}

/// The index of the type that a function or tag names.
pub(super) fn named_type(side: Side<'_>, ty: &NamedType) -> Option<u32> {
    match ty {
        ExternType::Func(node) => side.index(*node),
        ExternType::Tag(ty) => side.index(ty.func),
        ExternType::Table(_) | ExternType::Memory(_) | ExternType::Global(_) => None,
    }
}
