"""The contests that only tests know, by the door through which an operator's own come (PODIUM_CHALLENGES): played
alone, in matches, in cross-play."""

CHALLENGES = ",".join(
    (
        "echo=tests.echo.challenge:Echo",
        "duel=tests.duel.challenge:Duel",
        "siege=tests.siege.challenge:Siege",
    )
)
