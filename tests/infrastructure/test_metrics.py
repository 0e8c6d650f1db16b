"""What a scrape shows of what happened."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from application.clock import utc_now
from application.dispatch.outbox import LaneBacklog
from application.dispatch.relay import Backlog
from application.dispatch.track_record import Trouble
from application.health import HandlerHealth, Health
from application.telemetry import Telemetry
from domain.stock import Level
from infrastructure.gauges import MOST_INGREDIENTS
from infrastructure.metrics import Metrics


def scrape(metrics: Metrics) -> dict[str, float]:
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {
        f"{sample.name}{{{','.join(f'{name}={value}' for name, value in sorted(sample.labels.items()))}}}": sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def test_it_is_what_the_application_tells(metrics: Metrics) -> None:
    telemetry: Telemetry = metrics
    telemetry.handled("H", 3, 0.02)
    telemetry.handled("H", 2, 0.2)
    telemetry.retried("H", "unavailable")
    telemetry.parked("H")
    telemetry.deferred("H")
    telemetry.lease_lost()
    telemetry.executed("PlaceOrderCommand", "ok", 0.004)
    telemetry.ran_late("ready")
    seen = scrape(metrics)
    assert seen["pizzeria_events_handled_total{handler=H}"] == 5
    assert seen["pizzeria_handler_duration_seconds_count{handler=H}"] == 2
    assert seen["pizzeria_handler_duration_seconds_sum{handler=H}"] == pytest.approx(0.22)
    assert seen["pizzeria_delivery_retries_total{handler=H,reason=unavailable}"] == 1
    assert seen["pizzeria_deliveries_parked_total{handler=H}"] == 1
    assert seen["pizzeria_deliveries_deferred_total{handler=H}"] == 1
    assert seen["pizzeria_leases_lost_total{}"] == 1
    assert seen["pizzeria_orders_late_total{stage=ready}"] == 1
    assert seen["pizzeria_use_case_duration_seconds_count{outcome=ok,request=PlaceOrderCommand}"] == 1


def test_the_edges_are_timed(metrics: Metrics) -> None:
    metrics.request("GET", "/api/orders/{order_id}", 200, 0.001)
    metrics.store_operation("save", 0.002)
    metrics.sink_request("unavailable", 10.0)
    seen = scrape(metrics)
    assert seen["pizzeria_http_request_duration_seconds_count{method=GET,route=/api/orders/{order_id},status=200}"] == 1
    assert seen["pizzeria_store_operation_duration_seconds_sum{operation=save}"] == pytest.approx(0.002)
    assert seen["pizzeria_sink_request_duration_seconds_count{outcome=unavailable}"] == 1


@pytest.mark.parametrize(
    ("seconds", "least_bucket"), [(0.0, "0.0005"), (0.001, "0.001"), (0.0011, "0.0025"), (30.0, "30.0"), (31.0, "+Inf")]
)
def test_a_time_counts_in_its_bucket_and_all_above(metrics: Metrics, seconds: float, least_bucket: str) -> None:
    metrics.store_operation("get", seconds)
    seen = scrape(metrics)
    for bound in ("0.0005", "0.001", "0.0025", "30.0", "+Inf"):
        counted = seen[f"pizzeria_store_operation_duration_seconds_bucket{{le={bound},operation=get}}"]
        assert counted == (1 if float(bound) >= float(least_bucket) else 0), bound


def test_methods_made_up_by_clients_make_no_series(metrics: Metrics) -> None:
    for number in range(100):
        metrics.request(f"GUESS{number}", "unmatched", 405, 0.001)
    name = "pizzeria_http_request_duration_seconds_count{method=other,route=unmatched,status=405}"
    assert scrape(metrics)[name] == 100


def test_the_backlog_shows_documents_and_oldest_age_by_lane(metrics: Metrics) -> None:
    now = utc_now()
    minute = timedelta(minutes=1)
    lanes = (
        LaneBacklog("", 3, now - minute),
        LaneBacklog("CloudEventsHandler", 5, now - 2 * minute),
        LaneBacklog("CloudEventsHandler", 7, now - 9 * minute),
    )
    metrics.update_backlog(Backlog(lanes, dead_letters=4, measured_at=0.5))
    seen = scrape(metrics)
    assert seen["pizzeria_backlog_documents{lane=fresh}"] == 3
    assert seen["pizzeria_backlog_documents{lane=CloudEventsHandler}"] == 12
    assert 60 <= seen["pizzeria_backlog_oldest_age_seconds{lane=fresh}"] < 120
    assert 540 <= seen["pizzeria_backlog_oldest_age_seconds{lane=CloudEventsHandler}"] < 600
    assert seen["pizzeria_dead_letters_documents{}"] == 4
    assert seen["pizzeria_backlog_measurement_age_seconds{}"] > 0


def test_how_the_service_is_shows_as_zeros_and_ones(metrics: Metrics) -> None:
    failing = HandlerHealth(paused=False, trouble=Trouble("SinkRefused", 500), waiting=3)
    handlers = {"AuditTrailHandler": HandlerHealth(), "CloudEventsHandler": failing}
    metrics.update_health(Health(None, -0.5, Backlog(dead_letters=2), 0.0, True, handlers, 0))
    seen = scrape(metrics)
    assert (seen["pizzeria_ready{}"], seen["pizzeria_degraded{}"], seen["pizzeria_store_up{}"]) == (1, 1, 1)
    assert seen["pizzeria_store_clock_skew_seconds{}"] == -0.5
    assert seen["pizzeria_handler_failing{handler=CloudEventsHandler}"] == 1
    assert seen["pizzeria_handler_failing{handler=AuditTrailHandler}"] == 0
    assert seen["pizzeria_handler_paused{handler=CloudEventsHandler}"] == 0
    assert seen["pizzeria_handler_waiting_documents{handler=CloudEventsHandler}"] == 3
    assert seen["pizzeria_dead_letters_documents{}"] == 2

    metrics.update_health(Health("away", 0.0, Backlog(), 0.0, True, handlers, 0))
    seen = scrape(metrics)
    assert (seen["pizzeria_ready{}"], seen["pizzeria_degraded{}"], seen["pizzeria_store_up{}"]) == (0, 0, 0)


def test_stock_is_what_was_seen_last_and_no_more_ingredients_than_a_scrape_can_carry(metrics: Metrics) -> None:
    metrics.stock({f"i{n:05}": Level(on_hand=n, reserved=1) for n in range(MOST_INGREDIENTS + 1)})
    shown = {name: value for name, value in scrape(metrics).items() if name.startswith("pizzeria_stock")}
    assert len(shown) == 2 * MOST_INGREDIENTS
    assert shown["pizzeria_stock_available{ingredient=i00007}"] == 6
    assert shown["pizzeria_stock_reserved{ingredient=i00007}"] == 1

    metrics.stock({"mozzarella": Level(on_hand=9)})
    shown = {name: value for name, value in scrape(metrics).items() if name.startswith("pizzeria_stock")}
    assert shown == {
        "pizzeria_stock_available{ingredient=mozzarella}": 9,
        "pizzeria_stock_reserved{ingredient=mozzarella}": 0,
    }


def test_leases_lost_lately_are_counted(metrics: Metrics) -> None:
    assert metrics.leases_lost_lately() == 0
    metrics.lease_lost()
    metrics.lease_lost()
    assert metrics.leases_lost_lately() == 2


def test_a_document_that_waits_for_two_handlers_counts_for_both_and_a_fresh_one_for_none() -> None:
    now = utc_now()
    backlog = Backlog((LaneBacklog("", 9, now), LaneBacklog("A+B", 2, now), LaneBacklog("B", 3, now)))
    assert backlog.by_handler() == {"A": 2, "B": 5}


def test_a_lane_that_ran_dry_is_at_zero(metrics: Metrics) -> None:
    metrics.update_backlog(Backlog((LaneBacklog("CloudEventsHandler", 5, utc_now() - timedelta(hours=1)),)))
    scrape(metrics)
    metrics.update_backlog(Backlog())
    seen = scrape(metrics)
    assert seen["pizzeria_backlog_documents{lane=CloudEventsHandler}"] == 0
    assert seen["pizzeria_backlog_oldest_age_seconds{lane=CloudEventsHandler}"] == 0


def test_the_process_and_its_garbage_collector_are_there_and_two_services_do_not_mix(metrics: Metrics) -> None:
    other = Metrics()
    other.lease_lost()
    seen = scrape(metrics)
    assert seen["pizzeria_leases_lost_total{}"] == 0
    assert seen["process_resident_memory_bytes{}"] > 0
    assert "python_gc_collections_total{generation=0}" in seen
