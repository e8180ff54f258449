//! A script's text cut into its directives, so that one that does not parse loses no other.

use std::ops::Range;

use wast::lexer::{Lexer, TokenKind};

/// A directive's text, and the keyword it begins with.
pub(super) struct Piece {
    pub(super) range: Range<usize>,
    pub(super) keyword: String,
}

/// Cuts a script at its outermost parentheses. What is no token at all, and what stands outside
/// parentheses, is a piece as well: it will not parse.
pub(super) fn split(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    let mut keyword = None;
    let lexer = lexer(text);
    let mut is_cut = false;
    for token in lexer.iter(0) {
        let Ok(token) = token else {
            is_cut = true;
            break;
        };
        let end = token.offset + token.len as usize;
        let blank = matches!(
            token.kind,
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment
        );
        if depth == 0 && !blank {
            start = token.offset;
            keyword = None;
        }
        match token.kind {
            TokenKind::LParen => depth += 1,
            TokenKind::RParen => depth = depth.saturating_sub(1),
            TokenKind::Keyword if keyword.is_none() => {
                keyword = Some(token.src(text).to_owned());
            }
            TokenKind::Whitespace
            | TokenKind::LineComment
            | TokenKind::BlockComment
            | TokenKind::String
            | TokenKind::Id
            | TokenKind::Keyword
            | TokenKind::Annotation
            | TokenKind::Reserved
            | TokenKind::Integer(_)
            | TokenKind::Float(_) => {}
        }
        if depth == 0 && !blank {
            pieces.push(Piece {
                range: start..end,
                keyword: keyword.take().unwrap_or_default(),
            });
        }
    }
    let read = pieces.last().map_or(0, |piece: &Piece| piece.range.end);
    // An open parenthesis, or something that is no token.
    let rest = if depth > 0 { start } else { read };
    if depth > 0 || is_cut {
        pieces.push(Piece {
            range: rest..text.len(),
            keyword: keyword.unwrap_or_default(),
        });
    }
    pieces
}

/// A lexer that takes whatever names have in them: the test suite tries them all.
pub(super) fn lexer(text: &str) -> Lexer<'_> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    lexer
}
