#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;

const WAN: Flag = Flag::switch("wan", "");
const NEAR: Flag = Flag::text("near", "node", "");
const CAS: Flag = Flag::uint("cas", "");
const META: Flag = Flag::pairs("meta", "");
const SEPARATOR: Flag = Flag::text("separator", "string", "").or("/");
const PORT: Flag = Flag::int("port", "");
const TAG: Flag = Flag::texts("tag", "");
const SHELL: Flag = Flag::switch("shell", "").or("true");
const KNOWN: &[Flag] = &[WAN, NEAR, CAS, META, SEPARATOR, PORT, TAG, SHELL];

fn parse(line: &str) -> Result<Flags, FlagError> {
    Flags::parse(KNOWN.iter(), line.split_whitespace().map(str::to_owned))
}

#[test]
fn both_dashes_and_both_ways_to_give_a_value() {
    for line in ["-near n1 a", "--near n1 a", "-near=n1 a", "--near=n1 a", "-near x -near n1 -- a"] {
        let flags = parse(line).unwrap();
        assert_eq!(flags.text(&NEAR), Some("n1"), "{line}");
        assert_eq!(flags.positional, ["a"], "{line}");
    }
}

#[test]
fn flags_end_at_the_first_positional_argument() {
    for (line, positional) in [
        ("-wan a -near b", vec!["a", "-near", "b"]),
        ("- -wan", vec!["-", "-wan"]),
        ("-wan -- -near", vec!["-near"]),
        ("-wan false", vec!["false"]),
    ] {
        assert_eq!(parse(line).unwrap().positional, positional, "{line}");
    }
}

#[test]
fn absent_flags_have_their_default() {
    let flags = parse("").unwrap();
    assert!(!flags.is_on(&WAN));
    assert_eq!((flags.text(&NEAR), flags.text(&SEPARATOR), flags.uint(&CAS)), (None, Some("/"), 0));
    let empty = parse("-separator=").unwrap();
    assert_eq!((empty.text(&SEPARATOR), empty.non_empty(&SEPARATOR)), (Some(""), None));
}

#[test]
fn numbers_have_a_sign_texts_add_up_and_switches_can_be_on() {
    for (line, port) in [("", 0), ("-port=-1", -1), ("-port -0x1F", -31), ("-port=+7", 7), ("-port=-9223372036854775808", i64::MIN)] {
        assert_eq!(parse(line).unwrap().int(&PORT), port, "{line}");
    }
    for (line, why) in [("-port=x", "parse error"), ("-port=--1", "parse error"), ("-port=9223372036854775808", "value out of range")] {
        assert!(matches!(parse(line), Err(FlagError::Value { name: "port", why: found, .. }) if found == why), "{line}");
    }
    let flags = parse("-tag=a -tag b -shell=0").unwrap();
    assert_eq!(flags.texts(&TAG).collect::<Vec<_>>(), ["a", "b"]);
    assert!(!flags.is_on(&SHELL) && parse("").unwrap().is_on(&SHELL));
}

#[test]
fn pairs_add_up_and_switches_can_be_off() {
    let flags = parse("-meta a=b -meta=c=d=e -wan -wan=F").unwrap();
    assert_eq!(flags.pairs(&META).collect::<Vec<_>>(), [("a", "b"), ("c", "d=e")]);
    assert!(!flags.is_on(&WAN));
}

#[test]
fn numbers_know_their_base() {
    for (text, number) in [("0", 0), ("42", 42), ("0x2A", 42), ("0b11", 3), ("0o17", 15), ("017", 15)] {
        assert_eq!(parse(&format!("-cas {text}")).unwrap().uint(&CAS), number, "{text}");
    }
    for text in ["", "x", "-1", "+1", "0x", "0x+1", "08", "1_0"] {
        let error = parse(&format!("-cas={text}")).unwrap_err().to_string();
        assert_eq!(error, format!("invalid value {text:?} for flag -cas: parse error"));
    }
}

#[test]
fn mistakes_are_named() {
    for (line, message) in [
        ("-nope", "flag provided but not defined: -nope"),
        ("--nope=1", "flag provided but not defined: -nope"),
        ("---wan", "bad flag syntax: ---wan"),
        ("-=x", "bad flag syntax: -=x"),
        ("-near", "flag needs an argument: -near"),
        ("-meta env", "invalid value \"env\" for flag -meta: Missing \"=\" value in argument: env"),
        ("-h=1", ""),
    ] {
        assert_eq!(parse(line).unwrap_err().to_string(), message, "{line}");
    }
}

proptest! {
    #[test]
    fn any_arguments_parse_or_are_refused(arguments in proptest::collection::vec(".{0,12}", 0..6)) {
        let _ = Flags::parse(KNOWN.iter(), arguments);
    }

    #[test]
    fn whatever_follows_the_dashes_stays_whole(arguments in proptest::collection::vec(".{0,12}", 0..6)) {
        let line = std::iter::once("--".to_owned()).chain(arguments.clone());
        prop_assert_eq!(Flags::parse(KNOWN.iter(), line).unwrap().positional, arguments);
    }
}
