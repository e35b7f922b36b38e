//! The indexes of certificates by date hold ids, so that audits need not read the certificates.

use crate::error::StoreError;
use crate::sql::Sql;

/// Removes the indexes without ids; those with ids are made with everything else that is absent.
pub(super) fn run(sql: &dyn Sql) -> Result<(), StoreError> {
    for column in ["not_after_ms", "not_before_ms", "created_ms"] {
        sql.execute(&format!("DROP INDEX IF EXISTS certificate_by_in_force_{column}"), &[])?;
    }
    Ok(())
}
