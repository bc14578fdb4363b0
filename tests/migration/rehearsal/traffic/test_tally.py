from migration.rehearsal.traffic.tally import Tally


def test_counts_posts_and_reads_apart() -> None:
    tally = Tally()
    tally.count_post(ok=True)
    tally.count_post(ok=False)
    tally.count_read(ok=True)
    tally.count_read(ok=False)

    assert tally.as_dict() == {"requests": 4, "acknowledged": 1, "failed": 2}
