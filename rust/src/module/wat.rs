//! WAT to the binary format.

use wast::Wat;
use wast::lexer::{Lexer, TokenKind};
use wast::parser::{ParseBuffer, parse};

use crate::error::{Error, Result};
use crate::features::Feature;

/// Translates text; its type and field names become the name section.
///
/// # Errors
///
/// `Decode` with the offset in the text's bytes, line and column in the message; a component is
/// `UnsupportedFeature`.
pub(crate) fn to_wasm(wat: &str) -> Result<Vec<u8>> {
    if let Some(offset) = component(wat) {
        return Err(Error::UnsupportedFeature {
            feature: Feature::Components,
            offset: Some(offset),
        });
    }
    let failed = |error: wast::Error| {
        let offset = error.span().offset();
        let (line, column) = error.span().linecol_in(wat);
        let (line, column) = (line + 1, column + 1);
        let message = format!("{} at line {line}, column {column}", error.message());
        Error::decode(offset, message)
    };
    let buffer = ParseBuffer::new(wat).map_err(failed)?;
    let mut module = parse::<Wat<'_>>(&buffer).map_err(failed)?;
    module.encode().map_err(failed)
}

/// The offset of the keyword, where the text is that of a component.
fn component(wat: &str) -> Option<usize> {
    let lexer = Lexer::new(wat);
    let mut tokens = lexer.iter(0).map_while(|token| token.ok()).filter(|token| {
        !matches!(
            token.kind,
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment
        )
    });
    let open = tokens.next()?;
    let keyword = tokens.next()?;
    let is_component = open.kind == TokenKind::LParen
        && keyword.kind == TokenKind::Keyword
        && keyword.src(wat) == "component";
    is_component.then_some(keyword.offset)
}
