//! Several sources: who wins, what appends.

use super::*;

fn merge(words: &str, files: &[&str]) -> Config {
    let files = files.iter().enumerate();
    resolve(&Inputs {
        flags: flags(words),
        files: files.map(|(number, text)| hcl_file(&format!("{number}.hcl"), text)).collect(),
        host: host(),
    })
    .unwrap()
}

#[test]
fn the_last_scalar_wins_and_lists_append() {
    let config = merge(
        "-data-dir /x -retry-join flag -datacenter fromflag",
        &[
            "datacenter = \"a\" datacenter = \"b\" retry_join = [\"one\"] retry_join = [\"two\"]",
            "datacenter = \"c\" retry_join = [\"three\"]",
        ],
    );
    assert_eq!(config.node.datacenter, "fromflag");
    assert_eq!(config.join.retry_join.addrs, ["flag", "one", "two", "three"]);
}

#[test]
fn maps_and_stanzas_merge_by_key() {
    let config = merge(
        "-data-dir /x -node-meta c:flag -node-meta d",
        &["node_meta { a = \"1\" b = \"1\" } ports { http = 1 dns = 2 }", "node_meta { b = \"2\" c = \"2\" } ports { http = 3 }"],
    );
    let meta: Vec<_> = config.node.node_meta.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(meta, ["a=1", "b=2", "c=flag", "d="]);
    assert_eq!((config.ports.http, config.ports.dns), (Some(3), Some(2)));
}

#[test]
fn an_explicit_false_overrides() {
    let config = merge("-data-dir /x", &["server = true", "server = false"]);
    assert!(!config.node.server);
    let config = merge("-data-dir /x -server=false", &["server = true"]);
    assert!(!config.node.server);
}

#[test]
fn fragments_come_last() {
    let config = merge("-data-dir /x -node flag -hcl node_name=\"hcl\"", &["node_name = \"file\""]);
    assert_eq!(config.node.node_name, "hcl");
}

#[test]
fn null_counts_as_unset() {
    let json = Source {
        name: "f.json".to_owned(),
        text: r#"{"server": null, "ports": null, "datacenter": "x"}"#.to_owned(),
        format: Format::Json,
    };
    let flags = flags("-data-dir /x");
    let files = vec![hcl_file("a.hcl", "server = true"), json];
    let host = host();
    let config = resolve(&Inputs { flags, files, host }).unwrap();
    assert!(config.node.server);
    assert_eq!(config.node.datacenter, "x");
}

#[test]
fn files_are_read_as_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    write("b.json", "{}");
    write("a.hcl", "");
    let other = write("c.txt", "server = true");
    std::fs::create_dir(folder.path().join("sub.hcl")).unwrap();
    let names = |paths: &[_], format| -> Vec<_> {
        let sources = crate::load::read(paths, format).unwrap();
        let name = |source: Source| source.name.rsplit('/').next().unwrap().to_owned();
        sources.into_iter().map(name).collect()
    };
    let directory = folder.path().to_owned();
    assert_eq!(names(&[directory, other.clone()], None), ["a.hcl", "b.json"]);
    assert_eq!(names(std::slice::from_ref(&other), Some(Format::Hcl)), ["c.txt"]);
    let missing = folder.path().join("none");
    let error = crate::load::read(std::slice::from_ref(&missing), None).unwrap_err();
    let start = format!("config: Open failed on {}. ", missing.display());
    assert!(error.to_string().starts_with(&start), "{error}");
    assert!(crate::load::check_data_dir(&other).is_some());
    assert!(crate::load::check_data_dir(folder.path()).is_none());
}
