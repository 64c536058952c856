//! Every parser survives thousands of inputs, takes some of its own seeds, and is in `fuzz/`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use parsers::TARGETS;
use parsers::inputs::Inputs;

/// Inputs per parser, unless the time is up before.
const INPUTS: u64 = 20_000;
/// Time per parser: a signature costs more than a frame.
const TIME: Duration = Duration::from_secs(2);
/// Inputs that every parser has survived whatever the machine.
const LEAST: u64 = 100;

#[test]
fn no_input_makes_a_parser_panic() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        let taken = seeds.iter().filter(|seed| (target.run)(seed)).count();
        println!("{}: {taken} of {} seeds", target.name, seeds.len());
        assert!(taken > 0, "{} takes none of its {} seeds: what is made of them would not get far", target.name, seeds.len());
        let began = Instant::now();
        for number in 0..INPUTS {
            if number >= LEAST && began.elapsed() > TIME {
                break;
            }
            let input = Inputs::new(number).next(&seeds);
            let survived = catch_unwind(AssertUnwindSafe(|| (target.run)(&input)));
            assert!(survived.is_ok(), "{} panics on input {number}: {}", target.name, input.escape_ascii());
        }
    }
}

#[test]
fn the_same_number_gives_the_same_input() {
    let seeds = [b"a seed to change".to_vec(), b"another".to_vec()];
    let all = |from: u64| (from..from + 50).map(|number| Inputs::new(number).next(&seeds)).collect::<Vec<_>>();
    assert_eq!(all(0), all(0));
    assert!(all(0).iter().collect::<BTreeSet<_>>().len() > 40);
}

#[test]
fn every_target_is_handed_to_the_fuzzer() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    let listed: BTreeSet<&str> =
        manifest.lines().filter_map(|line| line.strip_prefix("path = \"fuzz_targets/")?.strip_suffix(".rs\"")).collect();
    let names: BTreeSet<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(listed, names);
    for name in names {
        let text = fs::read_to_string(fuzz.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(text.contains(&format!("run(\"{name}\"")), "{name}.rs runs another");
    }
}
