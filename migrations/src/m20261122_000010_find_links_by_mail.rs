//! Finding the issues that a mail, meeting or task is linked to, from its end of the link.

use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, async_trait,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, end) in [
            ("link_external", "external_id"),
            ("link_parent", "external_parent"),
        ] {
            manager
                .create_index(
                    Index::create()
                        .name(name)
                        .table("link")
                        .col(end)
                        .col("tenant")
                        .to_owned(),
                )
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["link_external", "link_parent"] {
            manager
                .drop_index(Index::drop().name(name).table("link").to_owned())
                .await?;
        }
        Ok(())
    }
}
