#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| parsers_fuzz::run("dns_question", input));
