//! Initializers that only take a function's reference: what types alone decide of initializers.

use wasmparser::{ConstExpr, Operator, Parser, Payload, TableInit};

use super::Module;
use super::refusal::malformed;
use crate::error::{Error, Result};
use crate::matching::Matchable;
use crate::types::{HeapType, ModuleTypeIndex, RefType, StorageType, TypeIndex, ValType};

impl Module {
    /// Checks the globals and tables whose initializer is `ref.func` and nothing else: the
    /// function's own type must match theirs (specification, "Constant Expressions"). Everything
    /// else about initializers needs evaluation, and [`Module::new`] passes over all of them.
    ///
    /// # Errors
    ///
    /// `Validation`, with the position of the global or table in the message.
    pub(crate) fn check_ref_func_initializers(&self) -> Result<()> {
        let (mut globals, mut tables) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(self.wasm()) {
            // wasmparser keeps `Payload` open; no other section has initializers of this kind.
            #[allow(clippy::wildcard_enum_match_arm)]
            match payload.map_err(malformed)? {
                Payload::GlobalSection(section) => {
                    for global in section {
                        globals.push(ref_func(&global.map_err(malformed)?.init_expr));
                    }
                }
                Payload::TableSection(section) => {
                    for table in section {
                        tables.push(match &table.map_err(malformed)?.init {
                            TableInit::Expr(init) => ref_func(init),
                            TableInit::RefNull => None,
                        });
                    }
                }
                _ => {}
            }
        }
        let externs = &self.0.externs;
        let imported = externs.globals.len() - globals.len();
        for (position, function) in globals.into_iter().enumerate() {
            let expected = externs.globals[imported + position].content.clone();
            self.check_reference("global", imported + position, function, expected)?;
        }
        let imported = externs.tables.len() - tables.len();
        for (position, function) in tables.into_iter().enumerate() {
            let expected = ValType::Ref(externs.tables[imported + position].element.clone());
            self.check_reference("table", imported + position, function, expected)?;
        }
        Ok(())
    }

    fn check_reference(
        &self,
        kind: &str,
        position: usize,
        function: Option<u32>,
        expected: ValType,
    ) -> Result<()> {
        let Some(function) = function else {
            return Ok(());
        };
        let invalid = |message: String| Error::Validation {
            message: format!("{kind} {position}: {message}"),
            offset: None,
            type_index: None,
        };
        let Some(&index) = self.0.externs.funcs.get(function as usize) else {
            return Err(invalid(format!("there is no function {function}")));
        };
        let found = ValType::Ref(RefType {
            nullable: false,
            heap: HeapType::Concrete(TypeIndex::Module(ModuleTypeIndex(index))),
        });
        let message = format!("the type of function {function} does not match {expected}");
        let [a, b] = [found, expected].map(|ty| Matchable::Storage(StorageType::Val(ty)));
        if super::matches(self, &a, self, &b)? {
            Ok(())
        } else {
            Err(invalid(message))
        }
    }
}

/// The function that an initializer takes the reference of, where that is all it does.
fn ref_func(init: &ConstExpr<'_>) -> Option<u32> {
    let mut operators = init.get_operators_reader();
    let Ok(Operator::RefFunc { function_index }) = operators.read() else {
        return None;
    };
    matches!(operators.read(), Ok(Operator::End)).then_some(function_index)
}
