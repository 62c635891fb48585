//! Secrets by their form: keys and tokens, and what stands behind words, headers and flags that tell of one.

use std::sync::LazyLock;

use regex::Regex;

use super::Kind::{Secret, User};
use super::rules::{Rule, own, small};

/// Words whose value is a secret, as a pattern: long ones wherever they end a name, short ones as words of their own, unless
/// a sign behind them says that a value follows.
const LONG: &str = r"secret_key_base|password|passwd|passphrase|secret|token|credentials?|signature|bearer|(?:api|access|account|private|secret|signing|encryption|encrypt|shared|sharedaccess|master|session|auth|ssh|client|license|registration|webhook)[_.-]?(?:key|secret|token)|session[_-]?id|sessid|phpsessid|jsessionid|keyid|identified (?:with \S+ )?by";
const SHORT: [&str; 5] = ["pwd", "jwt", "csrf", "xsrf", "sig"];

/// Between a name and its value, as JSON, TOML, SQL, URLs and command lines write it.
const IS: &str = r#"(?:\]|\[\d*\]|%5[dD])?(?:\\*["'`]|%22|%27)?(?:\s|%20)*(?:[=:]+>?|%3[aAdD]|\s)(?:\s|%20|\\[tnr])*(?:(?:is|was)\s+)?"#;
/// In quotes, whose end is told by how they began: `\"…\"` within a text, `"…"`, in which `\"` and `""` end nothing, and
/// so on. A list is one value.
const QUOTED: &str = r#"\\{2,}"(?P<v>[^"\\\n]+)|\\"(?P<w>(?:[^"\\\n]|\\\\(?:\\["\\]|[^"\\\n]))+)|"(?P<x>(?:[^"\\\n]|\\[^\n]|"")+)|'(?P<y>(?:[^'\n]|'')+)"#;
/// Without quotes. What another value could follow is one itself if no name is in it; an object is one value.
const BARE: &str =
    r#"`(?P<z>[^`\n]+)|\[\s*(?P<u>[^\]\n]+)|\{\s*(?P<s>[^{}\n]+)|(?:%22|%27)?(?P<t>[&,;<]?[^\s"'`&,;<>\)\]\}|\\]+)"#;

/// A rule sees what those before it have left.
pub fn rules() -> Vec<Rule> {
    let value = format!("(?:{QUOTED}|{BARE})");
    let telling = format!("(?:{LONG}|{})", SHORT.join("|"));
    vec![
        Rule::new(Secret, r"(?s)(?P<v>-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|$))").needs(b'-'),
        Rule::new(Secret, r#"(?i)\b(?:set-)?cookie(?:\\*["'])?\s*:\s*(?:\\*["'])?(?P<v>(?:=\\*"[^"\\\n]*\\*"|[^\n"\\])+)"#)
            .needs(b':')
            .spelled(secret),
        Rule::new(Secret, r#"(?i)\b(?:set-)?cookie(?:\\*["'])?=(?:\\*["'])?(?P<v>[^\s"'\\]+)"#).needs(b'=').spelled(secret),
        // As the engine writes a struct and a map as texts: such a value may have blanks.
        Rule::new(Secret, &format!(r"(?i)'[^'\n]*{telling}': (?P<v>[^'\x22{{}}\[\],\n]+)[,}}]")).needs(b'}').spelled(header),
        Rule::new(Secret, &format!(r"(?i)(?:\{{|, )[a-z0-9_.-]*{telling}=(?P<v>[^'\x22{{}}\[\],=\n]+)[,}}]"))
            .needs(b'}')
            .spelled(header),
        Rule::new(Secret, &authorization()).spelled(header),
        Rule::new(Secret, r"(?i)\b(?:bearer|basic)\s+(?P<v>[a-z0-9+/_.~-]{16,}=*)").spelled(secret),
        // Up to the last `@` of a URL's authority; a `/` is in a password that does not begin as a port would.
        Rule::new(Secret, r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@'\x22]*:(?P<v>[^\s/'\x22]+)@").needs(b'/'),
        Rule::new(Secret, r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@'\x22]*:(?P<v>[^\s/:@'\x22]*[^\s/:@'\x220-9][^\s/:@'\x22]*/(?:[^\s:'\x22]|:[^\s/'\x22])*)@")
            .needs(b'/'),
        Rule::new(User, r"[a-zA-Z][a-zA-Z0-9+.-]*://(?P<v>[^\s/:@'\x22]+)(?::[^\s/@]*)?@").needs(b'/').spelled(small),
        Rule::new(Secret, r"(?P<v>https://hooks\.slack\.com/services/[A-Za-z0-9/_-]+)").needs(b'/'),
        Rule::new(Secret, r"\b(?P<v>eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?)").needs(b'.'),
        Rule::new(Secret, r"\b(?P<v>(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA)[A-Z0-9]{12,}|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|glpat-[A-Za-z0-9_-]{15,}|xox[a-z]-[A-Za-z0-9_-]{8,}|xapp-[A-Za-z0-9_-]{8,}|AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{10,}|[spr]k_(?:live|test)_[A-Za-z0-9_]{8,}|npm_[A-Za-z0-9_]{20,}|pypi-[A-Za-z0-9_-]{16,}|hf_[A-Za-z0-9_]{20,}|sk-[A-Za-z0-9_-]{20,}|SG\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}|dop_v1_[A-Za-z0-9_]{20,}|hv[sbr]\.[A-Za-z0-9_-]{20,}|whsec_[A-Za-z0-9+/=]{16,})"),
        // Hashes of passwords, as crypt(3) has them.
        Rule::new(Secret, r"(?P<v>\$(?:2[abxy]?|[1567y]|argon2(?:id|i|d)|scrypt|pbkdf2[a-z0-9-]*)\$[A-Za-z0-9./$=,+-]{20,})")
            .needs(b'$'),
        Rule::new(Secret, r"(?P<v>\bssh-(?:rsa|dss|ed25519) AAAA[A-Za-z0-9+/=]+|\bAAAA[BCE][A-Za-z0-9+/]{30,}=*)"),
        Rule::new(Secret, &format!(r"(?i)<[a-z0-9_.:-]*{telling}(?:\s[^<>]*)?>(?P<v>[^<>\n]+)</")).needs(b'<').spelled(header),
        Rule::new(Secret, &format!(r#"(?i){telling}["']\s+value\s*=\s*(?:"(?P<v>[^"\n]+)|'(?P<w>[^'\n]+))"#))
            .needs(b'=')
            .spelled(header),
        Rule::new(Secret, r#"(?i)\bpassword\(\s*(?:'(?P<v>[^'\n]+)|"(?P<w>[^"\n]+))"#).needs(b'(').spelled(header),
        Rule::new(Secret, r"(?i)\bjdbc:oracle:[a-z0-9]+:[^\s/@]+/(?P<v>[^\s@]+)@").needs(b'@').spelled(header),
        Rule::new(Secret, r"(?i)\b(?:password|passwd|passphrase) for [^\s:]+: *(?P<v>[^\s]+)").needs(b':').spelled(random),
        Rule::new(Secret, &format!(r"(?i){telling}:[ \t]*[|>][+-]?\n[ \t]+(?P<v>[^\n]+)")).needs(b'\n').spelled(header),
        // Flags of programs.
        Rule::new(Secret, r#"\bcurl\b[^\n|;]*?\s(?:-u|-U|--user|--proxy-user)[ =]?["']?[^\s:"'-][^\s:"']*:(?P<v>[^\s"']+)"#)
            .needs(b'-')
            .spelled(header),
        Rule::new(Secret, r#"\b(?:mysql[a-z]*|mariadb[a-z-]*)\b[^\n|;]*?\s-p["']?(?P<v>[^\s"']+)"#).needs(b'-').spelled(header),
        Rule::new(Secret, r#"\bsshpass\s+-p\s*["']?(?P<v>[^\s"']+)"#).needs(b'-').spelled(header),
        Rule::new(Secret, &format!(r"(?i)[a-z0-9_.-]*{telling}{IS}{value}")).spelled(secret),
        Rule::new(Secret, r#"(?i)[?&](?:pass|passw|pw)=(?P<v>[^\s&;#"'<>]+)"#).needs(b'=').spelled(parameter),
        Rule::new(Secret, &format!(r#"(?i)\b(?:[a-z0-9]+[_.-])*pass(?:\\*["'])?\s*[=:]\s*{value}"#)).spelled(passed),
    ]
}

/// Of schemes that carry one text that text; of any other all that follows.
fn authorization() -> String {
    let known = r#"(?:\\*["'])?(?:bearer|basic|token|negotiate|apikey|ntlm)\s+(?P<z>[^\s"'\\,;]+)"#;
    let other = r#"(?P<u>[^\s"'\\,;]+[ \t]+[^\n]+)|(?P<t>[^\s"'\\,;]+)"#;
    format!(r#"(?i)\b(?:proxy-)?authorization(?:\\*["'])?\s*[:=]\s*(?:{known}|{QUOTED}|{other})"#)
}

/// Whether the values of a column, or of a key of JSON, are secrets by its name: it ends with a word that marks one in
/// texts. The short words must be words of their own.
pub fn is_secret_name(name: &str) -> bool {
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        let short = SHORT.join("|");
        let camel = SHORT.map(|word| word[..1].to_uppercase() + &word[1..]).join("|");
        let pattern =
            format!("(?i)(?:{LONG}|authorization|cookie|(?:^|[^a-z0-9])(?:{short})|(?-i:[a-z0-9](?:{camel})))$");
        Regex::new(&pattern).expect("a pattern of this file compiles, which a test holds")
    });
    NAME.is_match(name)
}

/// What stands there in place of a secret.
pub fn is_none(value: &str) -> bool {
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
    // `password=&user=bob` has none, and `password=<none>` says so.
    let is_next = value.starts_with(['&', ',', ';']) && value.contains('=');
    let is_mark = value.starts_with('<') && !value.bytes().any(|b| b.is_ascii_digit());
    let ahead = before_quotes(&text[..start]);
    let is_said = ahead.ends_with(['=', ':', '>']) || ["%3d", "%3a"].iter().any(|sign| ends_with(ahead, sign));
    let is_flag = ahead.rsplit([' ', '\t', '\n']).next().is_some_and(|word| word.starts_with('-'));
    let own = own(value);
    let is_random = own.len() >= 6 && own.bytes().any(|b| b.is_ascii_digit());
    let is_one = !value.is_empty() && !is_none(value) && !is_next && !is_mark;
    (is_one && (is_said || is_flag || is_random)).then(|| value.to_string())
}

/// A text without the quotes, brackets and blanks at its end, in URLs too.
fn before_quotes(text: &str) -> &str {
    let mut left = text;
    loop {
        let trimmed = left.trim_end_matches(['"', '\'', '`', '\\', '[']).trim_end();
        let trimmed = ["%20", "%22", "%27"].iter().fold(trimmed, |text, sign| text.strip_suffix(sign).unwrap_or(text));
        if trimmed.len() == left.len() {
            return left;
        }
        left = trimmed;
    }
}

fn ends_with(text: &str, sign: &str) -> bool {
    let end = text.len().checked_sub(sign.len()).and_then(|at| text.get(at..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(sign))
}

/// Behind a word alone, which one of a sentence may follow too.
fn random(text: &str, start: usize, end: usize) -> Option<String> {
    const LENGTH_LEAST: usize = 4;
    let value = text[start..end].trim_end_matches(['.', ':', '!', '?', ',']);
    let own = own(value);
    (own.len() >= LENGTH_LEAST && own.bytes().any(|b| b.is_ascii_digit())).then(|| value.to_string())
}

/// What an Authorization header carries.
fn header(text: &str, start: usize, end: usize) -> Option<String> {
    (!is_none(&text[start..end])).then(|| text[start..end].to_string())
}

/// `pass=3` may count what passed.
fn parameter(text: &str, start: usize, end: usize) -> Option<String> {
    let value = &text[start..end];
    let is_count = value.len() < 4 && value.bytes().all(|b| b.is_ascii_digit());
    (!is_count && !is_none(value)).then(|| value.to_string())
}

/// `pass: 5 fail: 3` and `pass = yes` tell of tests. Behind a colon a word alone may be one of a sentence.
fn passed(text: &str, start: usize, end: usize) -> Option<String> {
    const TOLD: [&str; 12] =
        ["ok", "yes", "no", "y", "n", "all", "pass", "passed", "fail", "failed", "skip", "skipped"];
    let value = text[start..end].trim_end_matches(['.', ':', '!', '?']);
    let own = own(value);
    let has = |is: fn(&u8) -> bool| own.as_bytes().iter().any(is);
    let is_count = !has(u8::is_ascii_alphabetic);
    let is_quoted = text[..start].ends_with(['"', '\'', '`']);
    let is_said = is_quoted || before_quotes(&text[..start]).ends_with('=');
    let is_told = is_count || is_none(value) || TOLD.contains(&value.to_lowercase().as_str());
    let is_next = value.starts_with(['&', ',', ';', '<']);
    (!is_told && !is_next && (is_said || has(u8::is_ascii_digit))).then(|| value.to_string())
}
