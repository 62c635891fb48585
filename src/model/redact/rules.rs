//! What is found by its form: addresses, keys and tokens, user names in paths. Each rule says where the secret stands
//! and, of the spellings that one thing has, which is hashed.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::Kind;

/// The one spelling of what was found, if it is what it looks like; given the text, where it begins and ends.
type Spelled = fn(&str, usize, usize) -> Option<String>;

struct Rule {
    kind: Kind,
    /// The group `v` is what is replaced.
    pattern: Regex,
    spelled: Spelled,
}

/// Words whose value is a secret.
const TELLING: &str = r"(?:password|passwd|passphrase|pwd|secret|token|credentials?|jwt|csrf|xsrf|sig|signature|bearer|(?:api|access|account|private|secret|signing|encryption|encrypt|shared|sharedaccess|master|session|auth|ssh|client|license|registration|webhook)[_.-]?(?:key|secret|token)|session[_-]?id|sessid|phpsessid|jsessionid|keyid|identified by)";

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    use Kind::{Email, Ip, Mac, Secret, User};
    // Between a name and its value, as JSON, TOML, SQL, URLs and command lines write it.
    let is = r#"(?:\\*["'`])?\s*(?:[=:]+>?|%3[dD]|\s)\s*"#;
    let value = r#"(?:\\*"(?P<v>[^"\\\n]+)|'(?P<w>[^'\n]+)|(?P<x>[^\s"'`&,;<>\)\]\}|\\]+))"#;
    let rules: Vec<(Kind, String, Spelled)> = vec![
        (Secret, r"(?s)(?P<v>-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$))".into(), as_is),
        (Secret, r#"(?i)\b(?:set-)?cookie(?:\\*["'])?\s*:\s*(?:\\*["'])?(?P<v>[^\n"\\]+)"#.into(), secret),
        (Secret, r#"(?i)\b(?:proxy-)?authorization(?:\\*["'])?\s*[:=]\s*(?:\\*["'])?(?:(?:bearer|basic|token|negotiate|apikey)\s+(?P<v>[^\s"'\\,;]+)|(?:digest|aws4-hmac-sha256)\s+(?P<w>[^\n]+)|(?P<x>[^\s"'\\,;]+))"#.into(), header),
        (Secret, r"(?i)\b(?:bearer|basic)\s+(?P<v>[a-z0-9+/_.~-]{16,}=*)".into(), secret),
        (Secret, r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@'\x22]*:(?P<v>[^\s/@'\x22]+)@".into(), as_is),
        (User, r"[a-zA-Z][a-zA-Z0-9+.-]*://(?P<v>[^\s/:@'\x22]+)(?::[^\s/@]*)?@".into(), lower),
        (Secret, r"(?P<v>https://hooks\.slack\.com/services/[A-Za-z0-9/_-]+)".into(), as_is),
        (Secret, r"\b(?P<v>eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?)".into(), as_is),
        (Secret, r"\b(?P<v>(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA)[A-Z0-9]{12,}|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|glpat-[A-Za-z0-9_-]{15,}|xox[a-z]-[A-Za-z0-9_-]{8,}|xapp-[A-Za-z0-9_-]{8,}|AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{10,}|[spr]k_(?:live|test)_[A-Za-z0-9_]{8,}|npm_[A-Za-z0-9_]{20,}|pypi-[A-Za-z0-9_-]{16,}|hf_[A-Za-z0-9_]{20,}|sk-[A-Za-z0-9_-]{20,}|SG\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}|dop_v1_[A-Za-z0-9_]{20,})".into(), as_is),
        (Secret, r"(?P<v>\bssh-(?:rsa|dss|ed25519) AAAA[A-Za-z0-9+/=]+|\bAAAA[BCE][A-Za-z0-9+/]{30,}=*)".into(), as_is),
        (Secret, format!(r"(?i)[a-z0-9_.-]*{TELLING}{is}{value}"), secret),
        (Email, r"(?P<v>[\p{L}\p{N}][\p{L}\p{N}._%+'\\-]*(?:@|%40)(?:[\p{L}\p{N}-]+\\*\.)+\p{L}[\p{L}\p{N}-]+)".into(), email),
        (User, r"(?:^|[^\p{L}\p{N}._-])(?P<v>[\p{L}_][\p{L}\p{N}._-]*)@(?:\d{1,3}\\*\.){3}\d{1,3}".into(), lower),
        (Mac, r"(?i)(?P<v>(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}|(?:[0-9a-f]{4}\\*\.){2}[0-9a-f]{4})".into(), mac),
        (Mac, r"(?i)\b(?:mac|mac[_-]?addr(?:ess)?|hwaddr|ether|bssid)\W{1,4}(?P<v>[0-9a-f]{12})\b".into(), mac),
        (Ip, r"(?P<v>(?:[0-9A-Fa-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{1,4})|(?:[0-9A-Fa-f]{1,4}:){1,7}:)".into(), ipv6),
        (Ip, r"\bip-(?P<v>\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3})\b".into(), ipv4),
        (Ip, r"(?P<v>\d{1,3}(?:\\*\.\d{1,3}){3})".into(), ipv4),
        (User, r"(?:/home|/Users|/export/home)/(?P<v>[^/\\\s\x22'`:;,<>|()?*&]+)".into(), user),
        (User, r"(?i)\b[a-z]:[\\/]+(?:users|documents and settings)[\\/]+(?P<v>[^\\/:*?\x22<>|\s']+(?: [^\\/:*?\x22<>|\s']+){0,2})\\".into(), user),
        (User, r"(?i)[\\/](?:users|documents and settings)\\+(?P<v>[^\\/:*?\x22<>|\s',;()]+)".into(), user),
        (User, r"(?i)\b[a-z]:[\\/]+(?:users|documents and settings)[\\/]+(?P<v>[^\\/:*?\x22<>|\s',;()]+)".into(), user),
    ];
    rules
        .into_iter()
        .map(|(kind, pattern, spelled)| Rule {
            kind,
            pattern: Regex::new(&pattern).expect("a pattern of this file compiles, which a test holds"),
            spelled,
        })
        .collect()
});

/// The text with each thing in it replaced.
pub fn replaced(text: &str, pseudonym: impl Fn(Kind, &str) -> String) -> String {
    let mut text = Cow::Borrowed(text);
    for rule in RULES.iter() {
        let mut shown = String::new();
        let mut copied = 0;
        for found in rule.pattern.captures_iter(&text) {
            let Some((start, end)) = place(&found) else { continue };
            let inside = &text[start..end];
            if is_pseudonym(inside) {
                continue;
            }
            let Some(spelled) = (rule.spelled)(&text, start, end) else { continue };
            shown.push_str(&text[copied..start]);
            shown.push_str(&pseudonym(rule.kind, &spelled));
            copied = end;
        }
        if copied > 0 {
            shown.push_str(&text[copied..]);
            text = Cow::Owned(shown);
        }
    }
    text.into_owned()
}

fn place(found: &Captures) -> Option<(usize, usize)> {
    let group = ["v", "w", "x"].into_iter().find_map(|name| found.name(name))?;
    Some((group.start(), group.end()))
}

/// A text without the words that were cut off.
pub fn without_cut_words(text: &str) -> Cow<'_, str> {
    static CUT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[^\s,]*[\p{L}\p{N}_.@%+/\\:-]…").expect("a pattern of this file compiles, which a test holds")
    });
    if text.contains('…') { CUT.replace_all(text, "…") } else { Cow::Borrowed(text) }
}

/// A text with what `\x22` and `\u0022` stand for, if it has any of printable ASCII.
pub fn unescaped(text: &str) -> Option<String> {
    static ESCAPE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\\(?:x|u00)([2-7][0-9A-Fa-f])").expect("a pattern of this file compiles, which a test holds")
    });
    if !text.contains("\\x") && !text.contains("\\u00") {
        return None;
    }
    let plain = ESCAPE.replace_all(text, |found: &Captures| {
        u8::from_str_radix(&found[1], 16).map_or_else(|_| found[0].to_string(), |byte| char::from(byte).to_string())
    });
    match plain {
        Cow::Borrowed(_) => None,
        Cow::Owned(plain) => Some(plain),
    }
}

/// Whether it is what this program puts in the place of others.
pub fn is_pseudonym(text: &str) -> bool {
    let Some((kind, digits)) = text.split_once('-') else { return false };
    let is_digit = |b: u8| b.is_ascii_digit() || (b.is_ascii_lowercase() && !matches!(b, b'i' | b'l' | b'o' | b'u'));
    matches!(kind, "email" | "ip" | "mac" | "user" | "secret" | "value")
        && digits.len() == 10
        && digits.bytes().all(is_digit)
}

fn as_is(text: &str, start: usize, end: usize) -> Option<String> {
    Some(text[start..end].to_string())
}

fn lower(text: &str, start: usize, end: usize) -> Option<String> {
    Some(text[start..end].to_lowercase())
}

/// What stands there in place of a secret.
fn is_none(value: &str) -> bool {
    const NONE: [&str; 12] = [
        "null",
        "none",
        "nil",
        "true",
        "false",
        "undefined",
        "bearer",
        "basic",
        "required",
        "expired",
        "invalid",
        "missing",
    ];
    let is_masked = |c: char| matches!(c, '*' | '.' | '…' | 'x' | 'X' | '<' | '>' | '?' | '$');
    NONE.contains(&value.to_lowercase().as_str()) || value.chars().all(is_masked)
}

/// A value behind a telling word. Without a sign that it is one (`=`, `:`, a flag) only what no word of a sentence looks
/// like is taken for one: `token 3f9a21`, but not `token expired`.
fn secret(text: &str, start: usize, end: usize) -> Option<String> {
    let value = text[start..end].trim_end_matches(['.', ':', '!', '?']);
    let ahead = text[..start].trim_end_matches(['"', '\'', '`', '\\']).trim_end();
    let is_said = ahead.ends_with(['=', ':', '>']) || ahead.ends_with("%3D") || ahead.ends_with("%3d");
    let is_flag = ahead.rsplit([' ', '\t', '\n']).next().is_some_and(|word| word.starts_with('-'));
    let is_random = value.len() >= 6 && value.bytes().any(|b| b.is_ascii_digit());
    (!value.is_empty() && !is_none(value) && (is_said || is_flag || is_random)).then(|| value.to_string())
}

/// What an Authorization header carries.
fn header(text: &str, start: usize, end: usize) -> Option<String> {
    (!is_none(&text[start..end])).then(|| text[start..end].to_string())
}

fn user(text: &str, start: usize, end: usize) -> Option<String> {
    const NOBODY: [&str; 7] = ["public", "default", "default user", "all users", "shared", "defaultuser0", "<*>"];
    let name = text[start..end].to_lowercase();
    (!NOBODY.contains(&name.as_str()) && !name.starts_with('<') && name != "…").then_some(name)
}

fn email(text: &str, start: usize, end: usize) -> Option<String> {
    // `user-…@host` and the rest of a URL whose secret is gone.
    let local = text[start..end].split('@').next().unwrap_or_default();
    (!is_pseudonym(local)).then(|| text[start..end].replace('\\', "").replace("%40", "@").to_lowercase())
}

fn before(text: &str, start: usize) -> Option<char> {
    text[..start].chars().next_back()
}

fn after(text: &str, end: usize) -> Option<char> {
    text[end..].chars().next()
}

/// Whether the same kind of group goes on behind a separator: a fingerprint, an object id, a longer number.
fn goes_on(text: &str, start: usize, end: usize, separators: &[char], is_digit: fn(char) -> bool) -> bool {
    let mut behind = text[end..].chars();
    let mut ahead = text[..start].chars().rev();
    let on = |first: Option<char>, second: Option<char>| {
        first.is_some_and(is_digit) || first.is_some_and(|c| separators.contains(&c)) && second.is_some_and(is_digit)
    };
    on(behind.next(), behind.next()) || on(ahead.next(), ahead.next())
}

fn mac(text: &str, start: usize, end: usize) -> Option<String> {
    if goes_on(text, start, end, &[':', '-'], |c| c.is_ascii_hexdigit()) {
        return None;
    }
    let digits: String = text[start..end].chars().filter(char::is_ascii_hexdigit).collect();
    // All zeros and all ones are no machine's.
    (!matches!(digits.to_lowercase().as_str(), "000000000000" | "ffffffffffff")).then(|| digits.to_lowercase())
}

/// Addresses that are the same on every machine tell nothing.
fn spelled(address: IpAddr) -> Option<String> {
    (!address.is_loopback() && !address.is_unspecified() && address != IpAddr::V4(Ipv4Addr::BROADCAST))
        .then(|| address.to_string())
}

fn ipv6(text: &str, start: usize, end: usize) -> Option<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    if before(text, start).is_some_and(|c| is_word(c) || c == ':') || after(text, end).is_some_and(is_word) {
        return None;
    }
    // A colon behind it may be the sentence's.
    let mut behind = text[end..].chars();
    if behind.next() == Some(':') && behind.next().is_some_and(|c| c.is_ascii_hexdigit() || c == ':') {
        return None;
    }
    let inside = &text[start..end];
    let address: Ipv6Addr = inside.parse().ok()?;
    // `a::b` is a name in a program.
    if inside.matches(':').count() < 4 && !inside.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    spelled(address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4))
}

/// Four numbers with points are an address, unless the text says that they are a version (`v1.2.3.4`, `version
/// 1.2.3.4`) or there are more of them.
fn ipv4(text: &str, start: usize, end: usize) -> Option<String> {
    if goes_on(text, start, end, &['.'], |c| c.is_ascii_digit()) {
        return None;
    }
    let ahead = text[..start].trim_end_matches([' ', '=', ':', '"', '\'']).to_lowercase();
    let word = ahead.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let is_behind_v =
        text[..start].strip_suffix(['v', 'V']).is_some_and(|ahead| !ahead.ends_with(char::is_alphanumeric));
    if is_behind_v || matches!(word, "v" | "ver" | "version" | "release" | "build" | "firmware" | "revision") {
        return None;
    }
    let parts: Option<Vec<u8>> =
        text[start..end].replace('\\', "").split(['.', '-']).map(|part| part.parse().ok()).collect();
    let parts: [u8; 4] = parts?.try_into().ok()?;
    spelled(IpAddr::V4(Ipv4Addr::from(parts)))
}
