"""People: accounts, sessions, teams, invitations, roles; and all the ways in which one may ask wrongly."""

import threading
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlmodel import col, select

from judge import accounts, contests
from judge.errors import BadInput, Conflict, NotAllowed, NotFound, Refusal
from judge.models import Membership, Role, SignInTry, Team, Token, User, UserSession
from tests.judge.world import NOW, PASSWORD, World, after

HOME, AWAY = "127.0.0.1", "203.0.113.9"


def sign_up(world: World, **facts):
    values = {"email": "ada@example.org", "name": "Ada", "password": PASSWORD, "language": "en", "now": NOW, **facts}
    return accounts.sign_up(world.db, **values)


def sign_in(world: World, *, email="ada@example.org", password=PASSWORD, address=AWAY, tries=3, now=NOW):
    """The account, or the code of the refusal."""
    try:
        return accounts.sign_in(world.db, email=email, password=password, address=address, tries=tries, now=now)
    except Refusal as refused:
        return refused.public.code


# ---------------------------------------------------------------------------------------------------------------------
# Signing up


def test_an_account_is_kept_folded_and_its_password_hashed(world: World):
    user = sign_up(world, email="  Ada@EXAMPLE.org", name="  Ada \t Lovelace ")
    row = world.get(User, user.id)
    assert (row.email, row.name, row.demo, row.email_verified_at) == ("ada@example.org", "Ada Lovelace", False, None)
    assert row.password_hash.startswith("$argon2id$")
    assert PASSWORD not in row.password_hash


def test_passwords_are_hashed_as_argon2_recommends():
    import importlib
    import importlib.util

    spec = importlib.util.find_spec("judge.accounts")
    fresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fresh)
    assert fresh._hasher.memory_cost >= PasswordHasher().memory_cost
    assert fresh._hasher.time_cost >= PasswordHasher().time_cost


BAD = [
    ({"email": ""}, "email-malformed"),
    ({"email": "ada"}, "email-malformed"),
    ({"email": "ada@home"}, "email-malformed"),
    ({"email": "a b@example.org"}, "email-malformed"),
    ({"email": "a\x00b@example.org"}, "email-malformed"),
    ({"email": "a@example.o\x00g"}, "email-malformed"),
    ({"email": "a\ud800@example.org"}, "email-malformed"),
    ({"email": "a@b@example.org"}, "email-malformed"),
    ({"email": "a\r\nBcc: x@example.org"}, "email-malformed"),
    ({"email": "x" * 65 + "@example.org"}, "email-malformed"),
    ({"email": "x" * 60 + "@" + "y" * 200 + ".org"}, "email-malformed"),
    ({"name": ""}, "field-empty"),
    ({"name": " \t\u3000 "}, "field-empty"),
    ({"name": "\u200d"}, "field-empty"),
    ({"name": "x" * 81}, "field-too-long"),
    ({"name": "A\x00da"}, "field-characters"),
    ({"name": "A\u202eda"}, "field-characters"),
    ({"name": "A\ud800da"}, "field-characters"),
    ({"name": "A\uffffda"}, "field-characters"),
    ({"password": ""}, "password-short"),
    ({"password": "123456789"}, "password-short"),
    ({"password": "x" * 201}, "password-long"),
    ({"password": "nine chars\x00"}, "field-characters"),
    ({"password": "nine chars\ud800"}, "field-characters"),
]


@pytest.mark.parametrize(("facts", "code"), BAD, ids=lambda value: ascii(value)[:30])
def test_nothing_too_much_or_the_wrong_characters_are_refused_in_words(one: World, facts, code):
    with pytest.raises(BadInput) as refused:
        sign_up(one, **facts)
    assert refused.value.public.code == code


def test_an_address_is_taken_however_it_is_written(world: World):
    sign_up(world)
    with pytest.raises(Conflict) as refused:
        sign_up(world, email="ADA@ＥＸＡＭＰＬＥ.org")
    assert refused.value.public.code == "email-taken"


@pytest.mark.parametrize("name", ["李小龙", "세종", "Zoë", "O'Brien-Smith", "👩‍🚀", "x" * 80])
def test_names_of_all_scripts_are_welcome(one: World, name):
    assert sign_up(one, name=name).name == name


# ---------------------------------------------------------------------------------------------------------------------
# Signing in


def test_the_right_password_signs_in_and_any_other_does_not(world: World):
    user = sign_up(world)
    assert sign_in(world, email="ADA@example.org").id == user.id
    assert sign_in(world, password="correct horse bakery") == "sign-in-wrong"
    assert sign_in(world, email="bob@example.org") == "sign-in-wrong"


@pytest.mark.parametrize(
    ("email", "password"),
    [("a\ud800@b.cd", "x"), ("a\x00@b.cd", "x"), ("ada@example.org", "\ud800"), ("ada@example.org", "x" * 100_000)],
)
def test_no_text_whatever_breaks_the_sign_in(world: World, email, password):
    sign_up(world)
    assert sign_in(world, email=email, password=password) == "sign-in-wrong"


def test_a_disabled_account_is_refused_like_a_wrong_password(one: World):
    user = sign_up(one)
    with one.db.write() as session:
        session.get_one(User, user.id).disabled_at = NOW
    assert sign_in(one) == "sign-in-wrong"


def test_too_many_failures_close_the_door_for_a_while_by_account(world: World):
    sign_up(world)
    for number in range(3):
        assert sign_in(world, password="guess number", address=f"203.0.113.{number}") == "sign-in-wrong"
    assert sign_in(world, address="198.51.100.1") == "sign-in-too-often"
    assert sign_in(world, now=after(minutes=15, seconds=1)).email == "ada@example.org"


def test_too_many_failures_close_the_door_for_a_while_by_network_address(one: World):
    sign_up(one)
    for number in range(3):
        assert sign_in(one, email=f"guess-{number}@example.org") == "sign-in-wrong"
    assert sign_in(one) == "sign-in-too-often"
    assert sign_in(one, address="198.51.100.1").email == "ada@example.org"


def test_failures_are_forgotten_after_a_day_and_name_nobody(one: World):
    sign_up(one)
    sign_in(one, password="guess number")
    assert all("ada" not in row.subject and len(row.subject) == 64 for row in one.all(select(SignInTry)))
    with one.db.write() as session:
        accounts.forget_tries(session, now=after(days=1))
    assert len(one.all(select(SignInTry))) == 2
    with one.db.write() as session:
        accounts.forget_tries(session, now=after(days=1, seconds=1))
    assert one.all(select(SignInTry)) == []


@pytest.mark.parametrize(
    ("address", "welcome"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        (AWAY, False),
        ("", False),
        ("localhost", False),
        ("127.0.0.1, 203.0.113.9", False),
    ],
)
def test_demo_accounts_sign_in_from_this_machine_alone(one: World, address, welcome):
    sign_up(one, demo=True)
    assert (sign_in(one, address=address) == "demo-loopback-only") != welcome


def test_an_old_hash_is_renewed_when_its_owner_comes(one: World):
    user = sign_up(one)
    with one.db.write() as session:
        session.get_one(User, user.id).password_hash = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(
            PASSWORD
        )
    sign_in(one)
    assert "t=1,p=1" in one.get(User, user.id).password_hash


def test_a_new_password_replaces_the_old_one(one: World):
    user = sign_up(one)
    with one.db.write() as session:
        with pytest.raises(BadInput):
            accounts.hashed("short")
        accounts.set_password(session, user=user, password_hash=accounts.hashed("another good one"))
    assert sign_in(one) == "sign-in-wrong"
    assert sign_in(one, password="another good one").id == user.id


def test_a_session_lasts_two_weeks_and_its_token_is_not_stored(world: World):
    """Promise 8: who reads the database cannot sign in with it."""
    user, other = world.user(), world.user()
    with world.db.write() as session:
        token = accounts.begin_session(session, user=user, now=NOW)
        accounts.begin_session(session, user=other, now=NOW)
    assert token not in {row.token_sha256 for row in world.all(select(UserSession))}

    def who(now, token=token):
        with world.db.read() as session:
            found = accounts.user_of(session, token=token, now=now)
            return found and found.id

    assert who(after(days=14, seconds=-1)) == user.id
    assert who(after(days=14)) is None
    assert who(NOW, "x") is who(NOW, "\ud800") is who(NOW, "\x00") is None
    with world.db.write() as session:
        accounts.end_session(session, token=token)
    assert who(NOW) is None
    assert len(world.all(select(UserSession))) == 1


def test_a_disabled_account_is_signed_out_at_once(one: World):
    user = one.user()
    with one.db.write() as session:
        token = accounts.begin_session(session, user=user, now=NOW)
        session.get_one(User, user.id).disabled_at = NOW
    with one.db.read() as session:
        assert accounts.user_of(session, token=token, now=NOW) is None


# ---------------------------------------------------------------------------------------------------------------------
# Teams and invitations


def test_a_team_has_one_captain_and_a_name_of_its_own(world: World):
    captain = world.user()
    team = world.team(captain, name=" Red   Pandas ")
    assert (team.name, team.slug) == ("Red Pandas", "red-pandas")
    with world.db.read() as session:
        assert [(user.id, leads) for user, leads in accounts.members_of(session, team=team)] == [(captain.id, True)]
        assert [found.id for found in accounts.teams_of(session, user=captain)] == [team.id]
    with pytest.raises(Conflict) as refused:
        world.team(world.user(), name="RED PANDAS")
    assert refused.value.public.code == "team-taken"


def test_names_that_make_the_same_path_get_different_ones(one: World):
    slugs = [one.team(one.user(), name=name).slug for name in ("A B", "A/B", "!!!", "???")]
    assert len(set(slugs)) == 4
    assert slugs[0] == "a-b"


def test_a_name_that_grows_when_folded_is_too_long_on_both_databases(world: World):
    with pytest.raises(BadInput) as refused:
        world.team(world.user(), name="\ufdfa" * 60)
    assert refused.value.public.code == "field-too-long"


def test_a_team_of_others_is_as_unknown_as_none(world: World):
    team = world.team(world.user())
    stranger = world.user()
    for slug in (team.slug, "nobody", "noise-1"):
        with world.db.read() as session, pytest.raises(NotFound) as refused:
            accounts.team_for(session, user=stranger, slug=slug)
        assert refused.value.public.code == "team-unknown"


def invitation(world: World, captain: User, team: Team, now=NOW) -> str:
    with world.db.write() as session:
        return accounts.invite(session, user=captain, team=team, now=now)


def accept(world: World, user: User, token: str, now=NOW):
    with world.db.write() as session:
        return accounts.accept_invitation(session, user=user, token=token, now=now)


def test_an_invitation_lets_in_who_has_it(world: World):
    captain, friend = world.user(), world.user()
    team = world.team(captain)
    other = world.team(world.user())
    token = invitation(world, captain, team)
    assert accept(world, friend, token).id == team.id
    with world.db.read() as session:
        assert [user.id for user, _ in accounts.members_of(session, team=team)] == [captain.id, friend.id]
        assert len(accounts.members_of(session, team=other)) == 1
    with pytest.raises(Conflict) as refused:
        accept(world, friend, token)
    assert refused.value.public.code == "member-already"


def test_only_the_captain_invites_and_a_new_link_ends_the_old_one(world: World):
    captain, member = world.user(), world.user()
    team = world.team(captain, member)
    for other in (member, world.user()):
        with pytest.raises(NotAllowed):
            invitation(world, other, team)
    old, new = invitation(world, captain, team), invitation(world, captain, team)
    with pytest.raises(NotFound):
        accept(world, world.user(), old)
    accept(world, world.user(), new)


def test_an_unknown_or_expired_link_leads_nowhere(world: World):
    captain = world.user()
    team = world.team(captain)
    token = invitation(world, captain, team)
    with world.db.write() as session:
        chief = accounts.organiser_link(session, now=NOW)
    for wrong, now in ((token, after(days=14)), (token + "x", NOW), ("", NOW), (chief, NOW), ("\ud800", NOW)):
        with pytest.raises(NotFound) as refused:
            accept(world, world.user(), wrong, now)
        assert refused.value.public.code == "invitation-unknown"


def test_a_full_team_takes_nobody(one: World, monkeypatch):
    monkeypatch.setattr(accounts, "TEAM_SIZE", 2)
    captain = one.user()
    team = one.team(captain, one.user())
    with pytest.raises(Conflict) as refused:
        accept(one, one.user(), invitation(one, captain, team))
    assert refused.value.public.code == "team-full"


def test_two_who_come_at_once_do_not_overfill_a_team(world: World, monkeypatch):
    monkeypatch.setattr(accounts, "TEAM_SIZE", 2)
    captain, users = world.user(), [world.user() for _ in range(3)]
    team = world.team(captain)
    token = invitation(world, captain, team)
    barrier, codes = threading.Barrier(3), []

    def join(user: User) -> None:
        barrier.wait()
        try:
            accept(world, user, token)
        except Refusal as refused:
            codes.append(refused.public.code)

    threads = [threading.Thread(target=join, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == ["team-full", "team-full"]
    assert len(world.all(select(Membership).where(Membership.team_id == team.id))) == 2


def test_nobody_gets_into_a_contest_twice_through_another_team(world: World):
    contest, _ = world.contest()
    user, team, _ = world.enrolled(contest)
    captain, other, _ = world.enrolled(contest)
    with pytest.raises(Conflict) as refused:
        accept(world, user, invitation(world, captain, other))
    assert (refused.value.public.code, refused.value.public.params) == ("enrolled-already", {"team": team.name})
    idle = world.user()
    accept(world, user, invitation(world, idle, world.team(idle)))


# ---------------------------------------------------------------------------------------------------------------------
# Roles


def organiser_link(world: World, now=NOW):
    with world.db.write() as session:
        return accounts.organiser_link(session, now=now)


def claim(world: World, user: User, token: str, now=NOW) -> None:
    with world.db.write() as session:
        accounts.claim_organiser(session, user=user, token=token, now=now)


def test_the_first_organiser_is_made_by_a_link_that_works_once(world: World):
    user, other = world.user(), world.user()
    stale, token = organiser_link(world), organiser_link(world)
    for wrong, now in ((stale, NOW), (token, after(hours=24)), ("", NOW), ("\x00\ud800", NOW)):
        with pytest.raises((NotFound, BadInput)):
            claim(world, other, wrong, now)
    claim(world, user, token)
    with pytest.raises(NotFound):
        claim(world, other, token)
    assert organiser_link(world) is None
    with world.db.read() as session:
        assert accounts.has_role(session, user=user, role="organiser")
        assert accounts.has_role(session, user=user, role="organiser", contest_id=1)
        assert not accounts.has_role(session, user=user, role="judge")
        assert not accounts.has_role(session, user=other, role="organiser")


def test_two_who_claim_at_once_do_not_both_become_organisers(world: World):
    token, users = organiser_link(world), [world.user() for _ in range(3)]
    barrier, refusals = threading.Barrier(3), []

    def run(user: User) -> None:
        barrier.wait()
        try:
            claim(world, user, token)
        except NotFound:
            refusals.append(user)

    threads = [threading.Thread(target=run, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refusals) == 2
    assert len(world.all(select(Role))) == 1


def test_a_role_in_one_contest_is_none_in_another(one: World):
    contest, _ = one.contest()
    user = one.user()
    one.add(Role(user_id=user.id, contest_id=contest.id, role="judge", created_at=NOW))
    with one.db.read() as session:
        assert accounts.has_role(session, user=user, role="judge", contest_id=contest.id)
        assert not accounts.has_role(session, user=user, role="judge", contest_id=1)
        assert not accounts.has_role(session, user=user, role="judge")


def test_links_are_kept_as_hashes(one: World):
    """Promise 8: who reads the database cannot use its links."""
    captain = one.user()
    tokens = [organiser_link(one), invitation(one, captain, one.team(captain))]
    stored = {row.token_sha256 for row in one.all(select(Token).order_by(col(Token.id)))}
    assert stored == {accounts.digest(token) for token in tokens}
    assert not stored & set(tokens)


def test_a_person_is_in_a_contest_with_the_team_that_entered(one: World):
    contest, _ = one.contest()
    user, team, enrolment = one.enrolled(contest)
    one.team(user)
    with one.db.read() as session:
        found = contests.enrolment_of(session, contest=contest, user=user)
    assert found is not None
    assert (found[0].id, found[1].id) == (enrolment.id, team.id)
    assert timedelta(days=14).days == accounts.INVITATION_DAYS
