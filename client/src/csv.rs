//! Tables as CSV that Excel opens as they are: UTF-8 with a byte order mark, CR LF (RFC 4180).

/// A table as a file.
#[must_use]
pub(crate) fn csv(head: &[&str], rows: &[Vec<String>]) -> Vec<u8> {
    let mut text = String::from("\u{feff}");
    line(&mut text, head.iter().copied());
    rows.iter().for_each(|row| line(&mut text, row.iter().map(String::as_str)));
    text.into_bytes()
}

fn line<'a>(text: &mut String, cells: impl Iterator<Item = &'a str>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&quoted(cell));
    }
    text.push_str("\r\n");
}

/// What a letter brought must not run as a formula in somebody's Excel.
fn quoted(cell: &str) -> String {
    let is_formula =
        cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) && cell != "-";
    let guard = if is_formula { "'" } else { "" };
    if is_formula || cell.contains([',', '"', '\n', '\r']) {
        format!("\"{guard}{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excel_reads_it_and_runs_nothing() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let file = csv(&["甲", "乙"], &[row(&["=1+1", "a,\"b\""]), row(&["-", "一\n二"])]);
        assert_eq!(&file[..3], [0xef, 0xbb, 0xbf]);
        let text = String::from_utf8(file).unwrap();
        assert_eq!(&text[3..], "甲,乙\r\n\"'=1+1\",\"a,\"\"b\"\"\"\r\n-,\"一\n二\"\r\n");
    }
}
