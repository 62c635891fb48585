//! What a column's name means: `serial_no`, `SerialNumber` and `sn` name one thing, and `id` of a table `units` is a
//! unit's.

/// Things under the names that evidence has for them. Those with `true` identify by their bare name; of the others
/// only `request_id` does, since `request` may as well be a line of a protocol.
const THINGS: &[(&str, bool, &[&str])] = &[
    ("serial", true, &["serial", "sn", "serialno", "serialnr", "serialnum", "serialnumber"]),
    ("unit", true, &["unit", "dut", "uut"]),
    ("machine", true, &["machine", "equipment", "eqp", "equip"]),
    ("device", true, &["device"]),
    ("request", false, &["request", "req", "rid", "correlation", "corr"]),
    ("trace", false, &["trace"]),
    ("session", false, &["session", "sess"]),
    ("transaction", false, &["transaction", "txn", "tx"]),
    ("host", true, &["host", "hostname", "node", "nodename", "server", "servername"]),
    ("job", false, &["job"]),
    ("task", false, &["task"]),
    ("test", false, &["test"]),
    ("run", false, &["run"]),
    ("order", false, &["order"]),
    ("user", false, &["user"]),
    ("account", false, &["account"]),
    ("customer", false, &["customer"]),
    ("packet", false, &["packet"]),
    ("batch", false, &["batch"]),
];

/// Short words for things that the list above does not have, since these words alone are other things too.
const SHORT: &[(&str, &str)] =
    &[("msg", "message"), ("pkt", "packet"), ("ord", "order"), ("cust", "customer"), ("acct", "account")];

/// Words behind a thing's name that say that the column holds its identity.
const QUALIFIERS: &[&str] = &["id", "no", "nr", "num", "number", "key", "uuid", "guid", "ref"];

/// Things in the order in which rows are about them rather than about others.
const FOLLOWED: &[&str] = &["serial", "unit", "machine", "device", "request", "trace", "host"];

/// The words of a name in small letters: `machineID` and `machine_id` have the same.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before: Option<char> = None;
    for c in name.chars() {
        let begins = match before {
            None => true,
            Some(before) => !before.is_alphanumeric() || (c.is_uppercase() && before.is_lowercase()),
        };
        if c.is_alphanumeric() {
            if begins {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(c.to_lowercase());
            }
        }
        before = Some(c);
    }
    words
}

/// The thing whose identity a column of a table holds, by its usual name; `None` if the name tells of none.
pub fn of(table: &str, column: &str) -> Option<String> {
    let mut words = words(column);
    let mut is_qualified = false;
    while words.last().is_some_and(|word| QUALIFIERS.contains(&word.as_str())) {
        let qualifier = words.pop()?;
        if words.is_empty() {
            // A bare number or key may be of anything.
            return matches!(qualifier.as_str(), "id" | "uuid" | "guid").then(|| of_table(table)).flatten();
        }
        is_qualified = true;
    }
    let last = words.last_mut()?;
    // `machineid` has no place where its words part.
    let bare = QUALIFIERS.iter().find_map(|qualifier| {
        last.strip_suffix(qualifier).filter(|stem| THINGS.iter().any(|(.., names)| names.contains(stem)))
    });
    if let Some(stem) = bare {
        (*last, is_qualified) = (stem.to_string(), true);
    }
    match THINGS.iter().find(|(.., names)| names.contains(&last.as_str())) {
        Some((thing, alone, _)) => (*alone || is_qualified).then(|| (*thing).to_string()),
        None => is_qualified.then(|| {
            if let Some((_, long)) = SHORT.iter().find(|(short, _)| words.last().is_some_and(|last| last == short)) {
                words.pop();
                words.push((*long).to_string());
            }
            words.join("_")
        }),
    }
}

/// What the rows of a table are, if its name is a plural.
fn of_table(table: &str) -> Option<String> {
    let mut words = words(table.rsplit('.').next()?);
    let last = words.pop()?;
    let one = match (last.strip_suffix("ies"), last.strip_suffix('s')) {
        (Some(stem), _) => format!("{stem}y"),
        (None, Some(stem)) if !stem.ends_with('s') => stem.to_string(),
        _ => last,
    };
    let thing = THINGS.iter().find(|(.., names)| names.contains(&one.as_str())).map(|(thing, ..)| (*thing).to_string());
    Some(thing.unwrap_or(one))
}

/// The names that a thing goes by.
pub fn spellings(thing: &str) -> Vec<String> {
    let mut names = match THINGS.iter().find(|(known, ..)| *known == thing) {
        Some((.., names)) => names.iter().map(|name| (*name).to_string()).collect(),
        None => vec![thing.to_string()],
    };
    names.extend(SHORT.iter().filter(|(_, long)| *long == thing).map(|(short, _)| (*short).to_string()));
    names
}

/// The thing that a name before a value in a text tells, as in `req=7f3a` and `job 4711`: there a bare name is enough.
pub fn of_label(name: &str) -> Option<String> {
    let bare = name.to_lowercase();
    of("", name).or_else(|| {
        THINGS.iter().find(|(.., names)| names.contains(&bare.as_str())).map(|(thing, ..)| (*thing).to_string())
    })
}

/// How soon a row is said to be about the thing that a column holds; `None` for what is not followed by itself.
pub fn rank(thing: &str) -> Option<usize> {
    FOLLOWED.iter().position(|followed| *followed == thing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mean_one_thing_mean_the_same() {
        for name in ["serial", "SN", "serial_no", "SerialNumber", "unit_serial", "DUT_SN", "serialnumber"] {
            assert_eq!(of("t", name).as_deref(), Some("serial"), "{name}");
        }
        for name in ["machineID", "machine_id", "machineid", "MACHINE", "eqp_id"] {
            assert_eq!(of("t", name).as_deref(), Some("machine"), "{name}");
        }
        assert_eq!(of("units", "id").as_deref(), Some("unit"));
        assert_eq!(of("public.batteries", "id").as_deref(), Some("battery"));
        assert_eq!(
            [of("t", "msg_id"), of("t", "messageId")],
            [Some("message".to_string()), Some("message".to_string())]
        );
        assert_eq!(of("t", "msg"), None);
        assert_eq!(of("t", "lot_no").as_deref(), Some("lot"));
        assert_eq!(of("t", "request_id").as_deref(), Some("request"));
    }

    #[test]
    fn other_names_mean_none() {
        for name in ["request", "android", "paid", "valid", "station", "result", "no", "number", "value", "ts", ""] {
            assert_eq!(of("t", name), None, "{name}");
        }
    }
}
