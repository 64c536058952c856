//! The `telemetry` stanza, with our own `otlp_endpoint` and `sample_ratio`.

use super::{Field, duration, text, texts, truth};

pub(super) const TELEMETRY: &[Field] = &[
    truth("disable_hostname"),
    text("metrics_prefix"),
    texts("prefix_filter").live(),
    truth("filter_default").live(),
    duration("prometheus_retention_time"),
    text("otlp_endpoint"),
    super::float("sample_ratio"),
    text("statsd_address").idle(),
    text("statsite_address").idle(),
    text("dogstatsd_addr").idle(),
    texts("dogstatsd_tags").idle(),
    text("circonus_api_token").idle(),
    text("circonus_api_app").idle(),
    text("circonus_api_url").idle(),
    text("circonus_broker_id").idle(),
    text("circonus_broker_select_tag").idle(),
    text("circonus_check_display_name").idle(),
    text("circonus_check_force_metric_activation").idle(),
    text("circonus_check_id").idle(),
    text("circonus_check_instance_id").idle(),
    text("circonus_check_search_tag").idle(),
    text("circonus_check_tags").idle(),
    text("circonus_submission_interval").idle(),
    text("circonus_submission_url").idle(),
    truth("retry_failed_connection").idle(),
    truth("enable_host_metrics").idle(),
    truth("disable_per_tenancy_usage_metrics").idle(),
];
