//! Closed types: defined types on their own, without a module or an engine (specification,
//! "Defined Types").

use std::fmt;
use std::hash::{Hash, Hasher};
use std::mem;

use super::{Digest, RecGroup, RecIndex, SubType, TypeIndex};
use crate::sync::Arc;

/// A closed type: a recursion group in which every reference is to an own member or to another
/// closed type, and a position in that group (clause G10).
///
/// It means the same in every process. Equality is equality of types, whether one came from a
/// module, from an engine or was built by hand: it compares digests, so it takes constant time.
/// Cloning shares the group, and groups share those they refer to, so that what grows is only what
/// is new. It can stand wherever a defined type is referred to; registering a type that refers to
/// it registers its groups (clause K12).
///
/// ```
/// use typereg::types::{FieldType, HeapType, NumType, RefType, StructType, SubType, ValType};
/// use typereg::{DefType, Engine, RecGroup, RegisteredType};
///
/// let field = FieldType { storage: ValType::from(NumType::I32).into(), mutable: true };
/// let group = RecGroup::new([SubType::plain(StructType::new([field]))]);
/// let cell = DefType::new(&group, 0)?;
/// assert_eq!(cell.to_string(), "(struct (field (mut i32)))");
///
/// // A host function that names it, registered in an engine that has not seen it.
/// let to_cell = RefType { heap: HeapType::Concrete(cell.clone().into()), nullable: false };
/// let signature = typereg::types::FuncType::new([ValType::Ref(to_cell)], []);
/// let engine = Engine::default();
/// let function = RegisteredType::new(&engine, signature)?;
/// assert_eq!(engine.registry().len(), 2);
/// assert_eq!(engine.register_group(&cell.group())?[0].registrations(), 2);
/// # Ok::<(), typereg::Error>(())
/// ```
#[derive(Clone)]
pub struct DefType {
    group: Arc<DefGroup>,
    position: u32,
}

/// A closed recursion group: a node of a graph whose edges lead to the closed types that it
/// refers to. It has no cycle, because a node is made after those it refers to.
pub(crate) struct DefGroup {
    members: RecGroup<ClosedIndex>,
    /// Each type of another group that a member refers to, once, by first reference in the order
    /// of clause K5.
    children: Vec<DefType>,
    digest: Digest,
}

/// A reference within a closed group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ClosedIndex {
    /// The own member at this position.
    Own(u32),
    /// The child of this number.
    Child(u32),
}

impl DefGroup {
    /// A valid group whose digest is known.
    pub(crate) fn new(
        members: RecGroup<ClosedIndex>,
        children: Vec<DefType>,
        digest: Digest,
    ) -> DefGroup {
        DefGroup {
            members,
            children,
            digest,
        }
    }

    pub(crate) fn members(&self) -> &RecGroup<ClosedIndex> {
        &self.members
    }

    pub(crate) fn children(&self) -> &[DefType] {
        &self.children
    }

    pub(crate) fn digest(&self) -> &Digest {
        &self.digest
    }
}

/// Chains of closed types are as long as people make them, so children go by an explicit stack.
impl Drop for DefGroup {
    fn drop(&mut self) {
        let mut pending = mem::take(&mut self.children);
        while let Some(child) = pending.pop() {
            if let Some(mut group) = Arc::into_inner(child.group) {
                pending.append(&mut group.children);
            }
        }
    }
}

/// Equal digests are equal groups (clause G7).
impl PartialEq for DefGroup {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || self.digest == other.digest
    }
}

impl Eq for DefGroup {}

impl DefType {
    /// The member of a group at a position that exists.
    pub(crate) fn from_parts(group: Arc<DefGroup>, position: u32) -> DefType {
        debug_assert!((position as usize) < group.members.members.len());
        DefType { group, position }
    }

    pub(crate) fn def_group(&self) -> &Arc<DefGroup> {
        &self.group
    }

    /// The type's position in its recursion group.
    pub fn position(&self) -> u32 {
        self.position
    }

    /// The recursion group; references are to own members by position, and to closed types.
    /// Linear in the size of the group, however much the types hold that it refers to.
    pub fn group(&self) -> RecGroup {
        let members = self.group.members.members.iter();
        RecGroup::new(members.map(|member| self.opened(member)))
    }

    /// The type, referring as its [`group`](DefType::group) does. Linear in its size.
    pub fn sub_type(&self) -> SubType {
        self.opened(self.member())
    }

    /// The group's digest (clause G7). Constant time.
    pub fn group_digest(&self) -> Digest {
        self.group.digest
    }

    fn member(&self) -> &SubType<ClosedIndex> {
        &self.group.members.members[self.position as usize]
    }

    fn opened(&self, member: &SubType<ClosedIndex>) -> SubType {
        let Ok(member) = member.try_map(&mut |reference| {
            Ok::<_, std::convert::Infallible>(match *reference {
                ClosedIndex::Own(position) => TypeIndex::Rec(RecIndex(position)),
                ClosedIndex::Child(child) => {
                    TypeIndex::Def(self.group.children[child as usize].clone())
                }
            })
        });
        member
    }
}

impl PartialEq for DefType {
    fn eq(&self, other: &Self) -> bool {
        self.position == other.position && self.group == other.group
    }
}

impl Eq for DefType {}

impl Hash for DefType {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.group.digest.hash(state);
        self.position.hash(state);
    }
}

/// WAT: the type itself; its own members are `$rec.N`, closed types `$def.` and the beginning of
/// their digest.
impl fmt::Display for DefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sub_type().fmt(f)
    }
}

/// By digest alone: a closed type can lead to far more than anyone wants to read.
impl fmt::Debug for DefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DefType")
            .field(&self.group.digest)
            .field(&self.position)
            .finish()
    }
}
