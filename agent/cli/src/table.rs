//! Text in columns.
//!
//! Cells are bytes because a stored value is shown as it is and need not be text.

/// A list of things under a header: columns two spaces apart.
pub(crate) fn list<R, C>(rows: &[R]) -> Vec<u8>
where
    R: AsRef<[C]>,
    C: AsRef<[u8]>,
{
    let rows: Vec<&[C]> = rows.iter().map(AsRef::as_ref).collect();
    render(&rows, 2)
}

/// Names and what is said about each: six spaces apart. If nothing is said about the
/// last one, its line ends with the name.
pub(crate) fn details<N, V>(rows: &[(N, V)]) -> Vec<u8>
where
    N: AsRef<[u8]>,
    V: AsRef<[u8]>,
{
    let cells: Vec<[&[u8]; 2]> = rows.iter().map(|(name, value)| [name.as_ref(), value.as_ref()]).collect();
    let mut rows: Vec<&[&[u8]]> = cells.iter().map(|row| &row[..]).collect();
    if let Some(last) = rows.last_mut()
        && let [name @ .., b""] = *last
    {
        *last = name;
    }
    render(&rows, 6)
}

/// Left-aligned cells. Every cell but a row's last is padded, also when it is empty, so
/// that cutting columns by position works.
fn render<C: AsRef<[u8]>>(rows: &[&[C]], gap: usize) -> Vec<u8> {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            let width = width(cell.as_ref());
            match widths.get_mut(column) {
                Some(widest) => *widest = width.max(*widest),
                None => widths.push(width),
            }
        }
    }
    let mut text = Vec::new();
    for row in rows {
        if let Some((last, padded)) = row.split_last() {
            for (cell, widest) in padded.iter().zip(&widths) {
                let cell = cell.as_ref();
                text.extend_from_slice(cell);
                text.resize(text.len() + widest - width(cell) + gap, b' ');
            }
            text.extend_from_slice(last.as_ref());
        }
        text.push(b'\n');
    }
    text
}

/// Width as a count of characters: bytes that do not continue a UTF-8 sequence.
fn width(cell: &[u8]) -> usize {
    cell.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(bytes)
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["Node", "ID", "DC"], ["nö", "", "dc1"], ["longer", "12345678", ""]];
        assert_eq!(text(&list(&rows)), "Node    ID        DC\nnö                dc1\nlonger  12345678  \n");
        assert_eq!(text(&list::<[&str; 1], _>(&[])), "");
    }

    #[test]
    fn only_the_last_detail_may_end_with_its_name() {
        assert_eq!(text(&details(&[("a", ""), ("bb", "x"), ("longest", "")])), "a            \nbb           x\nlongest\n");
        assert_eq!(details(&[("a", b"\xff".as_slice())]), b"a      \xff\n");
        assert_eq!(details::<&str, &str>(&[]), b"");
    }
}
