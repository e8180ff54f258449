//! The portable digest of groups and types (clause G7): `docs/digest.md` is its specification.
//!
//! What is hashed is close to the binary format and independent of how a key is written: keys may
//! change from one version to the next, digests may not.

use sha2::{Digest as _, Sha256};

use super::{Cursor, Key, KeyRef, abstract_code, num_code, packed_code};
use crate::error::Result;
use crate::memory::reserve;
use crate::types::{
    DefType, Digest, FieldType, HeapType, Kind, RefType, StorageType, ValType, VecType,
};

/// Before the encoding of a group. The number is the version.
const GROUP: &[u8] = b"typereg.group/1\0";
/// Before a group's digest and the position of the type.
const TYPE: &[u8] = b"typereg.type/1\0";

const OPEN: u8 = 0x50;
const FINAL: u8 = 0x4f;
const FUNC: u8 = 0x60;
const STRUCT: u8 = 0x5f;
const ARRAY: u8 = 0x5e;
const CONT: u8 = 0x5d;
const REF: u8 = 0x64;
const REF_NULL: u8 = 0x63;
const OWN: u8 = 0x00;
const OUTER: u8 = 0x01;

/// Makes digests of groups, in a buffer that is reused.
#[derive(Debug, Default)]
pub(crate) struct Digester {
    bytes: Vec<u8>,
}

impl Digester {
    /// The digest of the group of `members` types whose key this is. `outer` tells which type a
    /// target is: the digest of its group, and its position in it. Linear in the key.
    pub(crate) fn group(
        &mut self,
        key: Key<'_>,
        members: u32,
        mut outer: impl FnMut(u32) -> (Digest, u32),
    ) -> Result<Digest> {
        let mut cursor = Cursor::new(key);
        self.bytes.clear();
        self.bytes.extend_from_slice(GROUP);
        number(members, |byte| self.bytes.push(byte));
        for _ in 0..members {
            let mut writer = Writer {
                bytes: &mut self.bytes,
                outer: &mut outer,
            };
            writer.member(&mut cursor)?;
        }
        Ok(Digest(Sha256::digest(&self.bytes).into()))
    }
}

/// The digest of the type at a position of a group.
pub(crate) fn type_digest(group: &Digest, position: u32) -> Digest {
    let mut hash = Sha256::new_with_prefix(TYPE);
    hash.update(group.as_bytes());
    number(position, |byte| hash.update([byte]));
    Digest(hash.finalize().into())
}

impl DefType {
    /// The type's digest (clause G7). Constant time.
    ///
    /// ```
    /// use typereg::types::{StructType, SubType};
    /// use typereg::{DefType, RecGroup};
    ///
    /// let empty = DefType::new(&RecGroup::new([SubType::plain(StructType::new([]))]), 0)?;
    /// assert_eq!(
    ///     empty.digest().to_string(),
    ///     "954ef54423eec1ec21e6c2d93b25ec3b6054bacb38a1e94e07f4fd22021ba922",
    /// );
    /// # Ok::<(), typereg::Error>(())
    /// ```
    pub fn digest(&self) -> Digest {
        type_digest(self.def_group().digest(), self.position())
    }
}

/// LEB128 of the shortest form.
fn number(mut value: u32, mut put: impl FnMut(u8)) {
    while value >= 0x80 {
        put(value as u8 | 0x80);
        value >>= 7;
    }
    put(value as u8);
}

struct Writer<'a, F> {
    bytes: &'a mut Vec<u8>,
    outer: &'a mut F,
}

impl<F: FnMut(u32) -> (Digest, u32)> Writer<'_, F> {
    fn member(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        let head = cursor.head();
        self.bytes.push(if head.is_final { FINAL } else { OPEN });
        self.bytes.push(u8::from(head.supertype.is_some()));
        if let Some(supertype) = head.supertype {
            self.reference(supertype)?;
        }
        match head.kind {
            Kind::Func => {
                self.bytes.push(FUNC);
                for _list in ["parameters", "results"] {
                    for _ in 0..self.count(cursor)? {
                        self.value(cursor.value())?;
                    }
                }
            }
            Kind::Struct => {
                self.bytes.push(STRUCT);
                for _ in 0..self.count(cursor)? {
                    self.field(cursor.field())?;
                }
            }
            Kind::Array => {
                self.bytes.push(ARRAY);
                self.field(cursor.field())?;
            }
            Kind::Cont => {
                self.bytes.push(CONT);
                self.reference(cursor.reference())?;
            }
        }
        Ok(())
    }

    /// Writes a count. Makes room for as many items, none of which but a reference to another
    /// group takes more than seven bytes.
    fn count(&mut self, cursor: &mut Cursor<'_>) -> Result<u32> {
        let count = cursor.count();
        self.reserve(5 + 7 * count as usize)?;
        number(count, |byte| self.bytes.push(byte));
        Ok(count)
    }

    fn field(&mut self, ty: FieldType<KeyRef>) -> Result<()> {
        match ty.storage {
            StorageType::Val(ty) => self.value(ty)?,
            StorageType::Packed(ty) => self.bytes.push(packed_code(ty)),
        }
        self.bytes.push(u8::from(ty.mutable));
        Ok(())
    }

    fn value(&mut self, ty: ValType<KeyRef>) -> Result<()> {
        match ty {
            ValType::Num(ty) => self.bytes.push(num_code(ty)),
            ValType::Vec(VecType::V128) => self.bytes.push(super::V128),
            ValType::Ref(RefType { heap, nullable }) => {
                self.bytes.push(if nullable { REF_NULL } else { REF });
                match heap {
                    HeapType::Abstract(heap) => self.bytes.push(abstract_code(heap)),
                    HeapType::Concrete(reference) => self.reference(reference)?,
                }
            }
        }
        Ok(())
    }

    fn reference(&mut self, reference: KeyRef) -> Result<()> {
        match reference {
            KeyRef::Own(position) => {
                self.bytes.push(OWN);
                number(position, |byte| self.bytes.push(byte));
            }
            KeyRef::Outer(id) => {
                let (group, position) = (self.outer)(id);
                self.reserve(1 + 32 + 5)?;
                self.bytes.push(OUTER);
                self.bytes.extend_from_slice(group.as_bytes());
                number(position, |byte| self.bytes.push(byte));
            }
        }
        Ok(())
    }

    fn reserve(&mut self, more: usize) -> Result<()> {
        Ok(reserve(self.bytes, more)?)
    }
}
