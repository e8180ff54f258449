//! What is said of sections that are refused.

use wasmparser::BinaryReaderError;

use crate::error::Error;
use crate::features::Feature;

/// An error of wasmparser's.
pub(super) fn malformed(error: BinaryReaderError) -> Error {
    let at = offset(error.offset());
    if error.message() == "string size out of bounds" {
        return Error::decode(
            at,
            "a name of more than 100000 bytes; expected at most that",
        );
    }
    let words: Vec<&str> = error.message().split_whitespace().collect();
    Error::decode(at, words.join(" "))
}

/// wasmparser's offsets are 64 bits wide everywhere; inputs are slices.
pub(super) fn offset(offset: impl TryInto<usize>) -> usize {
    offset.try_into().unwrap_or(usize::MAX)
}

pub(super) fn invalid(at: usize, message: impl Into<String>) -> Error {
    Error::Validation {
        message: message.into(),
        offset: Some(at),
        type_index: None,
    }
}

pub(super) fn unsupported(feature: Feature, at: usize) -> Error {
    Error::UnsupportedFeature {
        feature,
        offset: Some(at),
    }
}

pub(super) fn exact(at: usize) -> Error {
    unsupported(Feature::CustomDescriptors, at)
}
