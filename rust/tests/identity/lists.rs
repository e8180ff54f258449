//! Lists of every length, with something else at every place: as they are read, and as they are
//! built by hand.

use typereg::types::{
    AbsHeapType, FuncType, HeapType, ModuleTypeIndex, NumType, RefType, SubType, TypeIndex,
    ValType, VecType,
};
use typereg::{RegisteredType, TypeCollection};

use super::pairs::engines;

/// Two words of a spelling and some more.
const LONGEST: usize = 20;

fn number(place: usize) -> ValType<TypeIndex> {
    match place % 5 {
        0 => ValType::Num(NumType::I32),
        1 => ValType::Num(NumType::I64),
        2 => ValType::Num(NumType::F32),
        3 => ValType::Num(NumType::F64),
        _ => ValType::Vec(VecType::V128),
    }
}

fn reference(heap: HeapType<TypeIndex>) -> ValType<TypeIndex> {
    ValType::Ref(RefType {
        nullable: true,
        heap,
    })
}

/// Function types with so many parameters: numbers alone, and numbers with one reference, to what
/// is above all or to type 0, at each place. As many results as are left.
fn function_types() -> Vec<FuncType<TypeIndex>> {
    let any = reference(HeapType::Abstract(AbsHeapType::Any));
    let first = reference(HeapType::Concrete(TypeIndex::Module(ModuleTypeIndex(0))));
    let mut types = Vec::new();
    for params in 0..=LONGEST {
        let numbers: Vec<_> = (0..LONGEST).map(number).collect();
        let mut lists = vec![numbers.clone()];
        for place in 0..LONGEST {
            for other in [&any, &first] {
                let mut list = numbers.clone();
                list[place] = other.clone();
                lists.push(list);
            }
        }
        types.extend(lists.iter().map(|list| FuncType {
            params: list[..params].into(),
            results: list[params..].into(),
        }));
    }
    types
}

#[test]
fn g01_lists_are_the_same_read_and_built_by_hand() {
    let functions = function_types();
    let declared: String = functions
        .iter()
        .map(|ty| format!("(type {})", SubType::from(ty.clone())))
        .collect();
    let wat = format!("(module (type (struct)) {declared})");
    for engine in engines() {
        let module = engine.decode_wat(&wat).expect("valid");
        let types = TypeCollection::new_for_module(&engine, &module).expect("valid");
        let base = types.registered_type(ModuleTypeIndex(0)).expect("declared");
        for (index, ty) in (1..).zip(&functions) {
            let index = ModuleTypeIndex(index);
            assert_eq!(module.sub_type(index), Ok(Some(ty.clone().into())));
            let read = types.registered_type(index).expect("declared");
            let by_hand = ty.try_map(&mut |_| Ok::<_, typereg::Error>(base.index().into()));
            let built: FuncType<TypeIndex> = by_hand.expect("mapped");
            let built = RegisteredType::new(&engine, built).expect("valid");
            assert_eq!(built.index(), read.index(), "{}", SubType::from(ty.clone()));
        }
    }
}
