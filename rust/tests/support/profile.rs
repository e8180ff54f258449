//! The two sets of features under which typereg and wasmparser are compared.

use typereg::{Features, Limits, Module};
use wasmparser::{Parser, Validator, WasmFeatures};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// WebAssembly 3.0.
    Wasm3,
    /// All that [`Features`] can turn on.
    Everything,
}

impl Profile {
    pub(crate) const ALL: [Profile; 2] = [Profile::Wasm3, Profile::Everything];

    pub(crate) fn features(self) -> Features {
        let on = self == Profile::Everything;
        Features {
            stack_switching: on,
            custom_page_sizes: on,
        }
    }

    fn wasmparser(self) -> WasmFeatures {
        match self {
            Profile::Wasm3 => WasmFeatures::WASM3,
            Profile::Everything => {
                WasmFeatures::WASM3
                    | WasmFeatures::STACK_SWITCHING
                    | WasmFeatures::CUSTOM_PAGE_SIZES
            }
        }
    }

    pub(crate) fn validator(self) -> Validator {
        Validator::new_with_features(self.wasmparser())
    }

    pub(crate) fn parser(self) -> Parser {
        let mut parser = Parser::new(0);
        parser.set_features(self.wasmparser());
        parser
    }

    /// wasmparser's verdict, with its message where it refuses.
    pub(crate) fn theirs(self, wasm: &[u8]) -> Result<(), String> {
        match self.validator().validate_all(wasm) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// typereg's verdict.
    pub(crate) fn ours(self, wasm: &[u8]) -> typereg::Result<Module> {
        Module::new(wasm.to_vec(), &Limits::js_api(), &self.features())
    }
}
