//! Registered types as closed types (clause G10).

use super::frozen::Frozen;
use super::registered_type::RegisteredType;
use crate::canon::close;
use crate::error::Result;
use crate::memory::push;
use crate::sync::Arc;
use crate::types::{DefGroup, DefType};

impl RegisteredType {
    /// The type on its own, without the engine. Takes the read lock; linear in what the type leads
    /// to, of which each group is made once and shared.
    ///
    /// # Errors
    ///
    /// `Forked`, and `Limit` where memory is short.
    ///
    /// ```
    /// use typereg::types::{RecGroup, StructType, SubType};
    /// use typereg::{DefType, Engine};
    ///
    /// let group = RecGroup::new([SubType::plain(StructType::new([]))]);
    /// let handle = Engine::default().register_group(&group)?.remove(0);
    /// assert_eq!(handle.def_type()?, DefType::new(&group, 0)?);
    /// # Ok::<(), typereg::Error>(())
    /// ```
    pub fn def_type(&self) -> Result<DefType> {
        Ok(self.try_def_type()?.expect("a handle keeps its type alive"))
    }

    /// The type, or `None` where the handle was released and the type is gone.
    pub(crate) fn try_def_type(&self) -> Result<Option<DefType>> {
        let inner = self.engine().registry().read()?;
        if self.entry.is_removed() {
            return Ok(None);
        }
        let frozen = Frozen::reachable(&inner, &self.entry, |_| false)?;
        drop(inner);
        let mut groups: Vec<Arc<DefGroup>> = Vec::new();
        for entry in frozen.entries() {
            let group = close(entry.key(), entry.members(), |slot| {
                let (number, position) = frozen.place(slot).expect("nothing was left out");
                DefType::from_parts(Arc::clone(&groups[number as usize]), position)
            })?;
            push(&mut groups, group)?;
        }
        // It refers to all others, so it is the youngest.
        let group = groups.pop().expect("the type's own group");
        Ok(Some(DefType::from_parts(group, self.position())))
    }
}
