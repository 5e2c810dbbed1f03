/// What to set at a wind force of the Beaufort scale.
pub fn advice(force: u8) -> &'static str {
    match force {
        0..=4 => "all plain sail",
        5..=7 => "reefed topsails",
        _ => "bare poles",
    }
}
