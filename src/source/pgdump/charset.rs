//! The encoding of a dump's client. Lines and values can be told apart in its bytes, so text is decoded value by
//! value or row by row, by all threads, and broken bytes are counted at their row.

use std::borrow::Cow;

use crate::error::{Error, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// Also of `SQL_ASCII`, which says nothing: what is not UTF-8 is counted.
    Utf8,
    /// ISO 8859-1 to the letter: windows-1252 has other characters from 0x80 to 0x9f.
    Latin1,
    Other(&'static encoding_rs::Encoding),
}

impl Charset {
    /// By Postgres' name of it (PostgreSQL manual, 23.3.1).
    ///
    /// # Errors
    /// If there is no decoder for it.
    pub fn of(name: &str, shown: &str) -> Result<Charset> {
        use encoding_rs as e;
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
        Ok(Charset::Other(match plain.as_str() {
            "" | "UTF8" | "UNICODE" | "SQLASCII" => return Ok(Charset::Utf8),
            "LATIN1" | "ISO88591" => return Ok(Charset::Latin1),
            "SJIS" | "MSKANJI" | "SHIFTJIS" | "WIN932" | "WINDOWS932" => e::SHIFT_JIS,
            "EUCJP" => e::EUC_JP,
            "EUCKR" | "UHC" | "WIN949" | "WINDOWS949" => e::EUC_KR,
            "EUCCN" | "GBK" | "WIN936" | "WINDOWS936" => e::GBK,
            "GB18030" => e::GB18030,
            "BIG5" | "WIN950" | "WINDOWS950" => e::BIG5,
            "LATIN2" | "ISO88592" => e::ISO_8859_2,
            "LATIN3" | "ISO88593" => e::ISO_8859_3,
            "LATIN4" | "ISO88594" => e::ISO_8859_4,
            "ISO88595" => e::ISO_8859_5,
            "ISO88596" => e::ISO_8859_6,
            "ISO88597" => e::ISO_8859_7,
            "ISO88598" => e::ISO_8859_8,
            "LATIN5" | "ISO88599" | "WIN1254" | "WINDOWS1254" => e::WINDOWS_1254,
            "LATIN6" | "ISO885910" => e::ISO_8859_10,
            "LATIN7" | "ISO885913" => e::ISO_8859_13,
            "LATIN8" | "ISO885914" => e::ISO_8859_14,
            "LATIN9" | "ISO885915" => e::ISO_8859_15,
            "LATIN10" | "ISO885916" => e::ISO_8859_16,
            "KOI8" | "KOI8R" => e::KOI8_R,
            "KOI8U" => e::KOI8_U,
            "WIN866" | "WINDOWS866" | "ALT" => e::IBM866,
            "WIN874" | "WINDOWS874" => e::WINDOWS_874,
            "WIN" | "WIN1251" | "WINDOWS1251" => e::WINDOWS_1251,
            "WIN1250" | "WINDOWS1250" => e::WINDOWS_1250,
            "WIN1252" | "WINDOWS1252" => e::WINDOWS_1252,
            "WIN1253" | "WINDOWS1253" => e::WINDOWS_1253,
            "WIN1255" | "WINDOWS1255" => e::WINDOWS_1255,
            "WIN1256" | "WINDOWS1256" => e::WINDOWS_1256,
            "WIN1257" | "WINDOWS1257" => e::WINDOWS_1257,
            "ABC" | "TCVN" | "TCVN5712" | "VSCII" | "WIN1258" | "WINDOWS1258" => e::WINDOWS_1258,
            _ => {
                return Err(Error::evidence(format!("`{shown}` is in the encoding {name}, which is not read"))
                    .hint("dump it again with pg_dump --encoding=UTF8"));
            }
        }))
    }

    /// Whether the second byte of a character may look like a backslash.
    pub fn is_wide(self) -> bool {
        use encoding_rs as e;
        matches!(self, Charset::Other(other) if [e::SHIFT_JIS, e::BIG5, e::GBK, e::GB18030, e::EUC_KR].contains(&other))
    }

    /// As UTF-8, and whether bytes were broken. Of `Utf8` the bytes as they are.
    #[inline]
    pub fn decode<'a>(self, bytes: &'a [u8]) -> (Cow<'a, [u8]>, bool) {
        match self {
            Charset::Utf8 => (Cow::Borrowed(bytes), false),
            _ if bytes.is_ascii() => (Cow::Borrowed(bytes), false),
            Charset::Latin1 => match encoding_rs::mem::decode_latin1(bytes) {
                Cow::Borrowed(text) => (Cow::Borrowed(text.as_bytes()), false),
                Cow::Owned(text) => (Cow::Owned(text.into_bytes()), false),
            },
            Charset::Other(encoding) => {
                let (text, is_broken) = encoding.decode_without_bom_handling(bytes);
                match text {
                    Cow::Borrowed(text) => (Cow::Borrowed(text.as_bytes()), is_broken),
                    Cow::Owned(text) => (Cow::Owned(text.into_bytes()), is_broken),
                }
            }
        }
    }

    /// Text of statements and names.
    pub fn text(self, bytes: &[u8]) -> String {
        String::from_utf8_lossy(&self.decode(bytes).0).into_owned()
    }
}
