-- Search by part of a name (trigrams) and by any word of the metadata (full text).
CREATE INDEX vms_hot_name_trigrams ON vms_hot USING gin (name gin_trgm_ops);
CREATE INDEX vms_cold_metadata_words ON vms_cold
    USING gin (jsonb_to_tsvector('simple'::regconfig, metadata, '["string"]'::jsonb));
