//! What the fuzz targets do with their bytes, and the committed corpus replayed. The targets
//! themselves, which need libFuzzer, are in `fuzz/`.

pub(crate) mod decode;
pub(crate) mod link;
pub(crate) mod register;
pub(crate) mod section;
pub(crate) mod wat;

#[cfg(test)]
mod replay;
