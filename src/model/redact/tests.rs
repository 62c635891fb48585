//! What is replaced and what is not.

use std::collections::HashSet;

use super::*;
use crate::model::value::Value;

fn redactor() -> Redactor {
    Redactor::new("a key that nobody guesses", &["customer".into()])
}

/// The kinds that were put into a text, each with whether the secret is gone.
fn shown(text: &str) -> String {
    redactor().text(text)
}

#[test]
fn what_must_not_be_said_is_replaced() {
    let planted = [
        ("from 10.20.30.40:8443 to", "10.20.30.40"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOYBF\n-----END PGP PRIVATE KEY BLOCK-----", "lQOYBF"),
        ("GET /x?user[password]=hunter2&a=1", "hunter2"),
        ("user%5Bpassword%5D=hunter2", "hunter2"),
        ("password[0]=hunter2", "hunter2"),
        ("arp 00e0-fc12-3456 up", "fc12"),
        ("MAC address 001a2b3c4d5e", "2b3c"),
        ("to bounce+alice=example.com@lists.example.org", "alice"),
        ("to \"john doe\"@example.com", "john"),
        ("to alice@[10.1.2.3]", "alice"),
        ("from alice@b10.1.2.4 at", "alice"),
        ("{\"password\": {\"value\": \"hunter2\"}}", "hunter2"),
        ("IDENTIFIED WITH mysql_native_password BY 'hunter2'", "hunter2"),
        ("SET x = PASSWORD('hunter2')", "hunter2"),
        ("jdbc:oracle:thin:scott/tiger9@db:1521", "tiger9"),
        ("cookie=sid=abc123 ok", "abc123"),
        ("Password for bob: hunter2", "hunter2"),
        ("secret: |\n  hunter2", "hunter2"),
        ("hvs.CAESIJ0123456789abcdefgh", "CAESIJ"),
        ("whsec_0123456789abcdef0123", "whsec_0123"),
        ("password_hash=$2b$12$0123456789012345678901", "$12$"),
        ("{'password': hun ter zebra, 'n': 1}", "zebra"),
        ("{password=hun ter zebra, n=1}", "zebra"),
        ("5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "8.b.d.0"),
        ("route 10.20.30.0/24", "10.20.30.0"),
        ("regexp '10\\.20\\.30\\.40'", "20\\.30"),
        ("host ip-10-20-30-40.ec2.internal", "10-20-30-40"),
        ("[2001:db8::8a2e:370:7334]:443", "2001:db8"),
        ("peer fe80::1ff:fe23:4567:890a%eth0 up", "fe23"),
        ("at 2001:db8::5: timed out", "2001:db8"),
        ("mapped ::ffff:10.20.30.40", "10.20.30.40"),
        ("mac 00:1A:2b:3c:4d:5e", "3c:4d"),
        ("mac 00-1A-2b-3c-4d-5e", "3c-4d"),
        ("mac 001a.2b3c.4d5e", "2b3c"),
        ("mac=001a2b3c4d5e", "2b3c"),
        ("mail Alice.Smith+x@mail.example.co.uk now", "mith"),
        ("mail=alice%40example.com", "alice"),
        ("like 'alice\\.smith@example\\.com'", "smith"),
        ("Authorization: Bearer abc.def-123", "abc.def"),
        ("authorization=Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("{\"authorization\": \"Token 0123abc\"}", "0123abc"),
        ("password=hunter2&x=1", "hunter2"),
        ("db_password: 'hunter two'", "hunter"),
        ("{\\\"password\\\":\\\"hunter2\\\"}", "hunter2"),
        ("{\"apiKey\": \"Zm9vYmFy\"}", "Zm9v"),
        ("dbPassword = hunter2", "hunter2"),
        ("run --token hunterx -v", "hunterx"),
        ("X-Api-Key: Zm9vYmFy", "Zm9v"),
        ("api_key%3DZm9vYmFy", "Zm9v"),
        ("Set-Cookie: sid=abc; Path=/", "abc"),
        ("postgres://bob:hun%24ter@db/x", "hun%24"),
        ("postgres://bob:hunter2@db/x", "bob"),
        ("ssh bob@10.20.30.40", "bob"),
        ("AKIAIOSFODNN7EXAMPLE", "IOSFODNN"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "qrstuv"),
        ("xoxb-123456789012-abcdefghijkl", "123456789012"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "eyJzdWIi"),
        ("/home/asmith/x.log:12", "asmith"),
        ("/Users/asmith", "asmith"),
        ("C:\\Users\\Al Smith\\x", "Smith"),
        ("C:\\\\Users\\\\asmith\\\\x", "asmith"),
        ("c:/users/asmith/x", "asmith"),
        ("{\\x22apiKey\\x22: \\x22Zm9vYmFy\\x22}", "Zm9v"),
        ("\\x2210.20.30.40\\x22", "20.30.40"),
        ("cut alice@exam…", "alice"),
        ("IP 10.20.30.41.52344 > 10.20.30.42.443: Flags", "10.20.30"),
        ("tcp4 0 0 10.20.30.43.52344 10.20.30.44.8443 ESTABLISHED", "10.20.30"),
        ("10.20.30.43.53 > 10.20.30.44.80: UDP", "10.20.30"),
        ("[client 2001:db8::aa11:54321] denied", "aa11"),
        ("[client 2001:db8:0:1:2:3:4:aa12:54321] denied", "aa12"),
        ("ip:2001:db8::8a2e:370:7334 connected", "8a2e"),
        ("route 2001:db8:aa14::/48", "aa14"),
        ("MAC=00:16:3e:5e:6c:01:00:16:3e:11:22:33:08:00 SRC=", "5e:6c"),
        ("MAC=00:16:3e:5e:6c:01:00:16:3e:11:22:33:08:00 SRC=", "11:22"),
        ("client-id 01:00:1a:2b:3c:4d:5f", "3c:4d"),
        ("? at 0:1a:2b:3:4d:5e on en0", "2b:3"),
        ("src_mac=001a2b3c4d5e", "2b3c"),
        ("host ec2-52-11-22-33.compute-1.amazonaws.com down", "52-11"),
        ("from gw7-10-20-30-45.example.net", "10-20"),
        ("DHCP release 10.20.30.46 by client", "10.20"),
        ("mail svc-backup@buildhost01 sent", "svc-backup"),
        ("ssh alice@buildhost", "alice"),
        ("<password>hunter25</password>", "hunter25"),
        ("<add key=\"Password\" value=\"hunter26\"/>", "hunter26"),
        ("url?user=bob&pass=hunter24&x=1", "hunter24"),
        ("password is hunter22", "hunter22"),
        ("path=%2Fhome%2Falice72%2Fx", "alice72"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----", "MIIabc"),
        (r#"{"password":"ab\"cdef77"}"#, "cdef77"),
        (r#"{"password": "a\\b77"}"#, "b77"),
        (r#"{"password":"\u00e4tsch77"}"#, "tsch77"),
        (r#"{"password":"\\77abc"}"#, "77abc"),
        (r#"{"token":"77\/abc\/def77x"}"#, "def77x"),
        (r#"say {\"password\":\"ab\\\"cd77\"}"#, "cd77"),
        (r#"Cookie: sid="abc77def"; b=2"#, "abc77def"),
        (r#"Cookie: a=1; sid="abc77def"; b=77x"#, "77x"),
        ("postgres://bob:p@ssw0rd77@db/x", "ssw0rd77"),
        ("postgres://bob:pa/ss77@db/x", "ss77"),
        ("redis://:p@ss77@h:6379/0", "ss77"),
        ("a http://h:80/x,postgres://bob:pa/ss77@db", "ss77"),
        ("password='it''s77'", "s77"),
        (r#"password="x""77y""#, "77y"),
        ("password=&77abc", "77abc"),
        ("password=,77abc", "77abc"),
        ("pwd: <77abc>", "77abc"),
        ("password = `a77b`", "a77b"),
        (r#"{"password": ["hunter77a", "hunter77b"]}"#, "hunter77"),
        ("password%3A%20hunter77", "hunter77"),
        ("client_secret%22%3A%22hunter77", "hunter77"),
        ("Authorization: AWS AKID:sig77", "sig77"),
        ("Authorization: GoogleLogin auth=abc77", "abc77"),
        ("Authorization: Bearen: Bearer abc77", "abc77"),
        ("Proxy-Authorization: NTLM TlRM77", "TlRM77"),
        (r#"Authorization: Hawk id="d", mac="abc77""#, "abc77"),
        (r#"{"authorization": "Hawk id=\"d\", mac=\"abc77\""}"#, "abc77"),
        ("DB_PASS=hunter77", "hunter77"),
        ("DB_PASS=hunterx", "hunterx"),
        ("pass=hunter77 x", "hunter77"),
        (r#"{"pass":"hunterx"}"#, "hunterx"),
        ("pass: hunter77", "hunter77"),
        ("secret_key_base: hunter77", "hunter77"),
        ("curl -u alice:S3cret77 http://h/", "S3cret77"),
        ("curl -s --user 'alice:S3cret77' http://h/", "S3cret77"),
        ("mysql -u root -pS3cret77 db", "S3cret77"),
        ("sshpass -p S3cret77 ssh h", "S3cret77"),
        ("Bearer abcdef-----BEbob@example.com--\0.", "bob"),
    ];
    for (text, secret) in planted {
        let shown = shown(text);
        assert!(!shown.to_lowercase().contains(&secret.to_lowercase()), "{text} is {shown}");
        assert_eq!(redactor().text(&shown), shown, "a pseudonym stays one");
    }
}

#[test]
fn what_names_nobody_stays() {
    for text in [
        "v1.2.3.4 and version 10.0.19041.1 and version: 1.2.3.4",
        "OID 1.3.6.1.4.1.2",
        "300.1.2.3",
        "release 19.3.0.1 and OID 1.3.6.1.4.1.9.1 and 1.2.3.4.5 and 1.2.3.4.5678.9",
        "log-2025-03-01-10 build-1-2-3-4.zip",
        "1:2:3:4:5:6",
        "passed?pass=12&fail=3",
        "pass: 5 fail: 3, pass=120/130, pass = yes, test pass: all of them",
        "password=&user=bob",
        "http://host:8080/find?mail=x@y",
        "curl --user-agent x:y -s http://h/x and mysql -u root -p",
        "install react@latest of @types/node",
        "08:00:00 2025-03-01T08:00:00.123456Z 12:34:56:78",
        "550e8400-e29b-41d4-a716-446655440000",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "commit 3f9a2c1",
        "std::vec a::b x::INT 'x'::DATE",
        "127.0.0.1 ::1 0.0.0.0",
        "password is required; password = NULL; token expired; tokens: 512; token_count=3",
        "the secret of this, a token for the user",
        "author=bob key=7 monkey=1",
        "packet <*> of /home/<*>/x",
        "react@18.2.0 and a@b",
        "SHA256 aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99",
        "station=A,B,… (9) id=… more …",
        "GET /api/v2/items 200 0.123",
    ] {
        assert_eq!(shown(text), text);
    }
}

#[test]
fn one_thing_has_one_pseudonym_and_two_have_two() {
    let all = |texts: &[&str]| texts.iter().map(|text| shown(text)).collect::<HashSet<_>>().len();
    assert_eq!(all(&["00:1A:2b:3c:4d:5e", "00-1a-2b-3c-4d-5e", "001a.2b3c.4d5e"]), 1);
    assert_eq!(all(&["? at 0:1a:2b:3:4d:5e", "? at 00:1a:2b:03:4d:5e"]), 1);
    assert_eq!(all(&["[2001:db8::1:54321]", "[2001:db8::1:54322]"]), 2);
    assert_eq!(all(&["2001:db8::1", "2001:DB8:0:0:0:0:0:1"]), 1);
    assert_eq!(all(&["Alice@example.com", "alice@example.com", "alice%40example.com"]), 1);
    assert_eq!(all(&["10.0.0.1", "10\\.0\\.0\\.1", "::ffff:10.0.0.1"]), 1);
    let many: HashSet<String> = (0..60_000_u32).map(|n| shown(&format!("10.1.{}.{}", n / 256, n % 256))).collect();
    assert_eq!(many.len(), 60_000);
    let other = Redactor::new("another key of the same length", &[]);
    assert_ne!(other.text("10.0.0.1"), shown("10.0.0.1"));
    assert_eq!(shown("10.0.0.1").len(), "ip-0123456789".len());
}

#[test]
fn values_of_named_columns_are_replaced_wherever_they_stand() {
    let mut redactor = redactor();
    redactor
        .know(["Acme Works", "10.0.0.9", "ab", "42"].map(|value| (value.to_string(), Kind::Value)).into())
        .expect("few");
    let columns = ["column_name", "min", "n"].map(String::from);
    let text = |text: &str| Value::Text(text.into());
    let row = redactor.row(&columns, &[text("customer"), text("42"), Value::Int(42)]);
    let Value::Text(pseudonym) = &row[1] else { panic!("{row:?}") };
    assert!(rules::is_pseudonym(pseudonym));
    assert_eq!(row[0], text("customer"));
    let whole = redactor.cell("Customer", None, &text("ACME works"));
    assert_eq!(text(&redactor.text("acme works")), whole);
    assert_eq!(redactor.cell("customer", None, &text("10.0.0.9")), text(&redactor.text("10.0.0.9")));
    assert!(redactor.text("10.0.0.9").starts_with("ip-"));
    assert!(!redactor.text("a\\nAcme Works").contains("Acme"));
    let once = redactor.text("in C:\\Users\\10.1.2.3\0acme works\0\0::");
    assert_eq!(redactor.text(&once), once, "what stands around a pseudonym is none");
    let sql = redactor.text("SELECT 42 FROM t WHERE customer = 'Acme Works' OR customer IN ('ab', '42')");
    assert!(sql.starts_with("SELECT 42 FROM t WHERE redact(customer) = 'value-") && !sql.contains("'ab'"), "{sql}");
    let nested = redactor.cell("x", None, &Value::Nested(serde_json::json!({"customer": 7, "a": ["b@c.de"]})));
    assert!(nested.shown().starts_with("{\"customer\":\"value-"), "{nested:?}");
    assert!(!nested.shown().contains("b@c.de"));
    // Behind its name a value is one however short, and in SQL it can be asked for.
    let pseudonym = redactor.text("'42'");
    let pseudonym = pseudonym.trim_matches('\'');
    assert_eq!(
        redactor.text("customer=42 n=42, customer = 42; \"customer\":42"),
        format!("customer={pseudonym} n=42, customer = {pseudonym}; \"customer\":{pseudonym}")
    );
    assert_eq!(redactor.text("customer=42,ab,7"), format!("customer={pseudonym},{},7", redactor.whole("ab")));
    assert_eq!(redactor.text("customer 42 and customer 43"), format!("customer {pseudonym} and customer 43"));
    assert!(!redactor.text("customer=new one").contains("new"));
    assert_eq!(
        redactor.text(
            "SELECT customer, x FROM t WHERE customer = 42 AND t.\"customer\" IN ('42') AND customer = other.customer"
        ),
        format!(
            "SELECT customer, x FROM t WHERE redact(customer) = '{pseudonym}' AND redact(t.\"customer\") IN ('{pseudonym}') AND customer = other.customer"
        )
    );
    assert_eq!(redactor.whole("42"), pseudonym);
    assert_eq!(redactor.cell("x", None, &Value::Blob(b"a@b.example".to_vec())), text(&redactor.text("a@b.example")));
}

#[test]
fn values_of_other_alphabets_and_in_escapes_are_found() {
    let mut redactor = redactor();
    redactor.know(["Γιώργος", "Jörg", "Zoë 😀"].map(|value| (value.to_string(), Kind::Value)).into()).expect("few");
    for text in [
        "ΓΙΏΡΓΟΣ",
        r#"{"a": "J\u00f6rg"}"#,
        r#"{"a": "Zo\u00eb \ud83d\ude00"}"#,
        r"b'J\xc3\xb6rg'",
        "GET /x?n=J%C3%B6rg&m=1",
    ] {
        assert!(redactor.text(text).contains("value-"), "{text} is {}", redactor.text(text));
    }
    assert_eq!(redactor.text("ΓΙΏΡΓΟΣ"), redactor.text("γιώργος"));
    assert_eq!(redactor.text(r#"{"a": "\u000a \ud83d J"}"#), r#"{"a": "\u000a \ud83d J"}"#);
}

#[test]
fn what_only_looks_like_a_pseudonym_is_none() {
    let mut redactor = redactor();
    let text = |text: &str| Value::Text(text.into());
    let cell = |redactor: &Redactor, value: &str| redactor.cell("customer", None, &text(value));
    for id in ["user-0001234567", "user-00c0ffee00", "value-0123456789"] {
        assert_ne!(cell(&redactor, id), text(id));
        assert!(!redactor.text(&format!("password={id} customer={id}")).contains(id), "{id}");
    }
    let made = redactor.pseudonym(Kind::Value, "x");
    assert_eq!(cell(&redactor, &made), text(&made), "one of an earlier answer stays");
    redactor.take_said("rca query \"… where redact(customer) = 'user-0001234567'\"");
    assert_eq!(cell(&redactor, "user-0001234567"), text("user-0001234567"), "one that is asked for too");
    redactor.take_alike(vec!["value-zz00000000".into()]);
    assert_ne!(cell(&redactor, "value-zz00000000"), text("value-zz00000000"));
    // One of a thousand is told by its having been made.
    let odd =
        (0..100_000).map(|n| redactor.pseudonym(Kind::Value, &n.to_string())).find(|one| !rules::is_pseudonym(one));
    let odd = odd.expect("one of a thousand");
    assert_eq!(redactor.text(&format!("customer={odd}")), format!("customer={odd}"));
}

#[test]
fn what_texts_say_is_hidden_where_it_is_taken_out_of_them() {
    let redactor = redactor();
    let of = |name: &str, of: &str, way: Way| (name.to_string(), vec![(of.to_string(), way)]);
    let made = [of("message", WITHIN, Way::Whole), of("m", "message", Way::Spelled), of("part", "m", Way::Part)];
    redactor.follow(Some(&[&made[..], &[of("secret", "password", Way::Whole)]].concat()), &[]);
    let cell = |column: &str, value: &str| redactor.cell(column, None, &Value::Text(value.into())).shown();
    assert_eq!(
        (cell("message", "a b"), cell("m", "a b"), cell("other", "a b")),
        ("a b".into(), "a b".into(), "a b".into())
    );
    assert!(cell("part", "a b").starts_with("value-"));
    // A field that is a secret by its name has the pseudonym that it has behind it.
    assert_eq!(format!("password={}", cell("secret", "hun")), redactor.text("password=hun"));
}

#[test]
fn the_keyed_hash_is_that_of_its_standard() {
    // RFC 4231, test case 1, whose key of 20 bytes is padded with zeros anyway.
    let mut key = [0_u8; 32];
    key[..20].fill(0x0b);
    let hex: String = hmac(&key, b"Hi There").iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}
