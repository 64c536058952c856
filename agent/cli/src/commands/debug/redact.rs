//! Keeps secrets out of what others will read.

use serde_json::Value;

/// Hides every text whose name says that it is a secret. Agents hide theirs; this is for those that forget one.
pub(super) fn redact(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if is_secret(name) && !text.is_empty() => *text = "hidden".to_owned(),
                    other => redact(other),
                }
            }
        }
        _ => {}
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let ends = ["token", "secret", "password", "secretid", "encryptkey", "keyfile", "privatekey", "encrypt"];
    ends.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_are_hidden_wherever_they_are() {
        let mut value = json!({
            "EncryptKey": "abc", "ACLToken": "t", "a": [{"SecretID": "s", "Password": "p"}], "TokenTTL": "30s", "Key": "shown", "Token": "",
        });
        redact(&mut value);
        let expected = json!({
            "EncryptKey": "hidden", "ACLToken": "hidden", "a": [{"SecretID": "hidden", "Password": "hidden"}],
            "TokenTTL": "30s", "Key": "shown", "Token": "",
        });
        assert_eq!(value, expected);
    }
}
