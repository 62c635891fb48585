//! Columns whose names alone say to which system their codes belong. `code`, `error_code` and `status` say nothing.

use super::System;

/// Names in small letters, without what parts their words.
const COLUMNS: [(System, &[&str]); 15] = [
    (
        System::Http,
        &[
            "httpstatus",
            "httpstatuscode",
            "httpcode",
            "httpresponsecode",
            "httpresponsestatus",
            "httpresponsestatuscode",
            "statuscode",
            "responsecode",
            "responsestatuscode",
            "scstatus",
            "upstreamstatus",
            "elbstatuscode",
            "targetstatuscode",
            "originstatuscode",
            "edgeresponsestatus",
        ],
    ),
    (System::Errno, &["errno", "oserrno", "syserrno", "lasterrno"]),
    (System::Signal, &["signal", "signo", "signum", "signalnumber", "exitsignal", "termsig", "termsignal"]),
    (
        System::Exit,
        &[
            "exitcode",
            "exitstatus",
            "returncode",
            "processexitcode",
            "containerexitcode",
            "lastexitcode",
            "jobexitcode",
        ],
    ),
    (System::Sqlstate, &["sqlstate", "sqlstatecode", "returnedsqlstate", "pgcode"]),
    (System::Hresult, &["hresult", "errorhresult"]),
    (System::Ntstatus, &["ntstatus"]),
    (System::Bugcheck, &["bugcheck", "bugcheckcode", "stopcode"]),
    (System::Xid, &["xid", "xiderror", "xiderrors", "xidcode", "nvidiaxid", "gpuxid", "dcgmfidevxiderrors"]),
    (System::Grpc, &["grpcstatus", "grpccode", "grpcstatuscode", "rpcgrpcstatuscode", "grpcresponsestatus"]),
    (System::Systemd, &["unitresult", "serviceresult", "systemdresult"]),
    (System::Mysql, &["mysqlerrno", "mysqlerrorcode", "mysqlcode"]),
    (System::Oracle, &["oracode", "oraerror", "oracleerror", "oracleerrorcode"]),
    (System::Curl, &["curlcode", "curlerrno", "curlexitcode"]),
    (System::Win32, &["win32status", "scwin32status", "win32error", "win32code", "win32errorcode", "getlasterror"]),
];

/// The system of a column.
pub fn system(name: &str) -> Option<System> {
    let name: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    COLUMNS.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(system, _)| *system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_systems() {
        for (name, system) in [
            ("http_status", System::Http),
            ("status_code", System::Http),
            ("statusCode", System::Http),
            ("sc-status", System::Http),
            ("response_code", System::Http),
            ("http.response.status_code", System::Http),
            ("sqlstate", System::Sqlstate),
            ("SQLSTATE", System::Sqlstate),
            ("sql_state_code", System::Sqlstate),
            ("exit_code", System::Exit),
            ("exitCode", System::Exit),
            ("returncode", System::Exit),
            ("errno", System::Errno),
            ("HResult", System::Hresult),
            ("ntstatus", System::Ntstatus),
            ("signal", System::Signal),
            ("xid", System::Xid),
            ("grpc_status", System::Grpc),
            ("grpc_code", System::Grpc),
            ("rpc.grpc.status_code", System::Grpc),
            ("sc-win32-status", System::Win32),
            ("BugcheckCode", System::Bugcheck),
        ] {
            assert_eq!(super::system(name), Some(system), "{name}");
        }
    }

    #[test]
    fn common_names_tell_none() {
        for name in
            ["code", "error_code", "errcode", "status", "error", "result", "state", "zip_code", "barcode", "rc", ""]
        {
            assert_eq!(super::system(name), None, "{name}");
        }
    }

    #[test]
    fn no_name_stands_for_two_systems() {
        let mut names: Vec<&str> = COLUMNS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
