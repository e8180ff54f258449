//! Load, reload and unload of type sections, side by side with wasmparser's `Validator` on the
//! same bytes in the same run.
//!
//! `cargo bench --bench registry [-- FILE.wasm...]`. Figures are medians of interleaved
//! repetitions; ratios carry over to other machines, times do not.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::time::{Duration, Instant};

use slab::Slab;
use typereg::types::ModuleTypeIndex;
use typereg::{Engine, Features, Limits, Module, RegisteredType, TypeCollection};
use wasmparser::{Payload, Validator, WasmFeatures};

#[path = "../../tests/support/allocator.rs"]
mod allocator;
mod shapes;

use allocator::live;

/// Repetitions of everything that is timed.
const ROUNDS: usize = 9;

fn main() {
    let mut shapes = shapes::synthetic();
    for path in std::env::args().skip(1).filter(|arg| !arg.starts_with('-')) {
        let wasm = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        shapes.insert(0, (path, type_section_only(&wasm)));
    }
    println!("ns per type; ratios are of the Validator's time to ours (bars of round one)");
    println!(
        "{:24} {:>9} {:>16} {:>16} {:>16} {:>16} {:>9} {:>9} {:>7}",
        "shape",
        "validate",
        "load new (5x)",
        "load known (8x)",
        "registered (15x)",
        "unload (7x)",
        "shared",
        "decode",
        "bytes"
    );
    for (name, wasm) in &shapes {
        measure(name, wasm);
    }
    threads(&shapes);
    digests(&shapes);
    handles();
    growth();
}

/// A module of nothing but the type section of another.
fn type_section_only(wasm: &[u8]) -> Vec<u8> {
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let Payload::TypeSection(section) = payload.expect("a valid module") {
            let range = section.range();
            return shapes::module_of(&wasm[range.start as usize..range.end as usize]);
        }
    }
    panic!("the module has no type section");
}

fn timed<T>(times: &mut Vec<Duration>, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = black_box(work());
    times.push(start.elapsed());
    result
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_nanos() as f64
}

/// Decodes bytes that are the module's own from then on, as whoever read a file gives them.
fn decode(wasm: Vec<u8>) -> Module {
    Module::new(wasm, &Limits::spec(), &Features::default()).expect("a valid module")
}

fn register(engine: &Engine, module: &Module) -> TypeCollection {
    TypeCollection::new_for_module(engine, module).expect("no quota")
}

fn engine() -> Engine {
    Engine::new(Limits::spec(), Features::default())
}

fn measure(name: &str, wasm: &[u8]) {
    let module = decode(wasm.to_vec());
    let types = f64::from(module.type_count());
    let [mut validate, mut new, mut known, mut registered] = [const { Vec::new() }; 4];
    let [mut shared, mut peer, mut last, mut decoding] = [const { Vec::new() }; 4];
    // What an unload of a shared section is held against: a look-up and a decrement for each group.
    let counts: Vec<Box<AtomicIsize>> = (0..module.group_count())
        .map(|_| Box::new(AtomicIsize::new(0)))
        .collect();
    let keys: Vec<usize> = (0..counts.len()).collect();
    let mut bytes = 0.0;
    for _ in 0..ROUNDS {
        timed(&mut validate, || validate_alone(wasm));
        let engine = engine();
        let bytes_read = wasm.to_vec();
        let first = timed(&mut new, || register(&engine, &decode(bytes_read)));
        let bytes_read = wasm.to_vec();
        drop(timed(&mut known, || register(&engine, &decode(bytes_read))));
        let again = timed(&mut registered, || register(&engine, &module));
        timed(&mut shared, || drop(again));
        timed(&mut peer, || {
            for key in &keys {
                black_box(counts[black_box(*key)].fetch_sub(1, Ordering::AcqRel));
            }
        });
        timed(&mut last, || drop(first));
        let bytes_read = wasm.to_vec();
        drop(timed(&mut decoding, || decode(bytes_read)));

        let engine = self::engine();
        let before = live();
        let collection = register(&engine, &module);
        let with_collection = live() - before;
        let stats = engine.registry().stats();
        // The collection's own lists: a slot for each type, a generation for each group. (Where
        // groups are large, a slot for each of them as well: this is left in.)
        let collection_alone = (stats.types * 4 + stats.groups * 8) as isize;
        bytes = (with_collection - collection_alone) as f64 / stats.types as f64;
        drop(collection);
    }
    let validate = median(&mut validate) / types;
    let against = |times: &mut Vec<Duration>| {
        let time = median(times) / types;
        format!("{time:8.0} {:6.1}x", validate / time)
    };
    let per_group = |shared: &mut Vec<Duration>, peer: &mut Vec<Duration>| {
        let (ours, peer) = (median(shared), median(peer));
        let each = ours / f64::from(module.group_count());
        format!("{each:.1} {:.1}x", ours / peer)
    };
    println!(
        "{:24} {validate:9.0} {:>16} {:>16} {:>16} {:>16} {:>15} {:9.0} {bytes:7.0}",
        name.rsplit('/').next().unwrap_or(name),
        against(&mut new),
        against(&mut known),
        against(&mut registered),
        against(&mut last),
        per_group(&mut shared, &mut peer),
        median(&mut decoding) / types,
    );
}

/// Digests of all types, of a module and through handles, in the time that loading them takes.
fn digests(shapes: &[(String, Vec<u8>)]) {
    println!("\ndigests of all types, in times of loading them: of a module (3x), by handles");
    for (name, wasm) in shapes {
        let [mut loading, mut of_module, mut by_handles] = [const { Vec::new() }; 3];
        for _ in 0..ROUNDS {
            let engine = engine();
            let module = decode(wasm.clone());
            let types = timed(&mut loading, || register(&engine, &decode(wasm.to_vec())));
            timed(&mut of_module, || module.type_digests().expect("memory"));
            timed(&mut by_handles, || {
                for index in (0..module.type_count()).map(ModuleTypeIndex) {
                    let handle = types.registered_type(index).expect("in range");
                    black_box(handle.digest().expect("memory"));
                }
            });
        }
        let load = median(&mut loading);
        println!(
            "{:24} {:5.1}x {:5.1}x",
            name.rsplit('/').next().unwrap_or(name),
            median(&mut of_module) / load,
            median(&mut by_handles) / load,
        );
    }
}

/// Known types loaded by two threads at once, as throughput against one; beside it the same for
/// two threads that only decode, which share nothing but the machine.
fn threads(shapes: &[(String, Vec<u8>)]) {
    println!("\nthroughput of two threads against one: known types loaded (1.5x), decoded alone");
    for (name, wasm) in shapes.iter().take(2) {
        let engine = engine();
        let module = decode(wasm.clone());
        let keep = register(&engine, &module);
        let loading = || {
            black_box(register(&engine, &decode(wasm.to_vec())));
        };
        let decoding = || {
            black_box(decode(wasm.to_vec()));
        };
        println!(
            "{:24} {:5.2}x {:5.2}x",
            name.rsplit('/').next().unwrap_or(name),
            throughput(&loading),
            throughput(&decoding),
        );
        drop(keep);
    }
}

/// How much more often two threads do something than one does.
fn throughput(work: &(dyn Fn() + Sync)) -> f64 {
    let several = || (0..5).for_each(|_| work());
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        timed(&mut one, several);
        timed(&mut two, || {
            std::thread::scope(|scope| {
                scope.spawn(several);
                scope.spawn(several);
            });
        });
    }
    2.0 * median(&mut one) / median(&mut two)
}

/// Loads of 10,000 types against loads of 1,000,000: as many types in all, each load into an engine of
/// its own, everything kept, so that both write to memory that was never used before. And loads of
/// 10,000 that write where the one before did.
fn growth() {
    const TYPES: u32 = 1_000_000;
    println!("\ngrowth: ns per type (ours at most 2x), bytes per type with module and collection");
    println!("    types    loads  load new  validate     bytes");
    for (count, loads) in [(10_000, 1), (10_000, TYPES / 10_000), (TYPES, 1)] {
        let wasm = shapes::functions(count, count);
        let [mut new, mut validate] = [const { Vec::new() }; 2];
        let mut bytes = 0;
        for _ in 0..3 {
            let before = live();
            let read: Vec<_> = (0..loads).map(|_| wasm.clone()).collect();
            let load = |wasm| {
                let (engine, module) = (engine(), decode(wasm));
                (register(&engine, &module), module)
            };
            let kept: Vec<_> = timed(&mut new, || read.into_iter().map(load).collect());
            bytes = live() - before;
            drop(kept);
        }
        // The last: what it frees lies in no order, and whoever allocates next gets it so.
        for _ in 0..3 {
            timed(&mut validate, || (0..loads).all(|_| validate_alone(&wasm)));
        }
        let types = f64::from(count * loads);
        let [new, validate] = [&mut new, &mut validate].map(|times| median(times) / types);
        let bytes = bytes as f64 / types;
        println!("{count:9} {loads:8} {new:9.0} {validate:9.0} {bytes:9.0}");
    }
}

/// What all times are held against.
fn validate_alone(wasm: &[u8]) -> bool {
    let mut validator = Validator::new_with_features(WasmFeatures::default());
    validator.validate_all(wasm).is_ok()
}

/// Single operations on handles, against the plain way to build the same: a lock around a list.
fn handles() {
    use std::sync::RwLock;
    use typereg::types::{
        FieldType, NumType, StorageType, StructType, SubType, TypeIndex, ValType,
    };

    const TIMES: u32 = 200_000;
    let engine = engine();
    let mut chain: Vec<RegisteredType> = Vec::new();
    for depth in 0..10 {
        let supertype = chain.last().map(|parent| TypeIndex::Shared(parent.index()));
        let field = FieldType {
            storage: StorageType::Val(ValType::Num(NumType::I32)),
            mutable: false,
        };
        let ty = SubType {
            supertype,
            is_final: false,
            ..SubType::plain(StructType::new((0..depth).map(|_| field.clone())))
        };
        chain.push(RegisteredType::new(&engine, ty).expect("a valid type"));
    }
    let (top, bottom) = (&chain[0], &chain[9]);
    let locked: RwLock<Vec<(u32, Vec<u32>)>> = RwLock::new(
        chain
            .iter()
            .enumerate()
            .map(|(depth, _)| (depth as u32, (0..depth as u32).collect()))
            .collect(),
    );
    // The seed's shape: an entry with its count behind an `Arc`, in a slab behind a lock, and a
    // handle that holds engine and entry.
    let host = Arc::new(());
    let slab: RwLock<Slab<Arc<AtomicIsize>>> = RwLock::default();
    for _ in &chain {
        let mut slab = slab.write().expect("no panic");
        slab.insert(Arc::new(AtomicIsize::new(1)));
    }

    let ours = || {
        for _ in 0..TIMES {
            black_box(
                black_box(bottom)
                    .is_subtype_of(black_box(top))
                    .expect("one engine"),
            );
        }
    };
    let peer = || {
        for _ in 0..TIMES {
            let list = locked.read().expect("no panic");
            let (own, ancestors) = &list[black_box(9)];
            black_box(*own == 0 || ancestors.contains(&black_box(0)));
        }
    };
    report("is_subtype (2x, 9x)", TIMES, ours, peer);

    let index = bottom.index();
    let ours = || {
        for _ in 0..TIMES {
            black_box(RegisteredType::root(&engine, black_box(index)).expect("one engine"));
        }
    };
    let peer = || {
        for _ in 0..TIMES {
            let entry = {
                let slab = slab.read().expect("no panic");
                let entry = slab.get(black_box(9)).expect("in use");
                entry.fetch_add(1, Ordering::AcqRel);
                Arc::clone(entry)
            };
            let handle = black_box((Arc::clone(&host), entry));
            handle.1.fetch_sub(1, Ordering::AcqRel);
        }
    };
    report("root and drop (1x, 1x)", TIMES, ours, peer);
}

/// Prints ns per operation of ours and a peer's, with one thread and with two.
fn report(name: &str, times: u32, ours: impl Fn() + Sync, peer: impl Fn() + Sync) {
    for threads in [1, 2] {
        let run = |work: &(dyn Fn() + Sync)| {
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(work);
                }
            });
        };
        let (mut our_times, mut peer_times) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            timed(&mut our_times, || run(&ours));
            timed(&mut peer_times, || run(&peer));
        }
        let (ours, peer) = (median(&mut our_times), median(&mut peer_times));
        let each = |time: f64| time / f64::from(times);
        println!(
            "{name:24} {threads} thread(s): {:6.1} ns, peer {:6.1} ns, {:5.1}x",
            each(ours),
            each(peer),
            peer / ours
        );
    }
}
