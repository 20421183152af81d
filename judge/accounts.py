"""People: accounts, sessions, teams and their invitations, roles."""

import hashlib
import ipaddress
import re
import secrets
import unicodedata
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, func, select

from judge.db import Database
from judge.errors import BadInput, Conflict, NotAllowed, NotFound, QuotaUsed
from judge.models import Enrolment, Membership, Role, SignInTry, Team, Token, User, UserSession

SESSION_DAYS = 14
INVITATION_DAYS = 14
ORGANISER_LINK_HOURS = 24
TEAM_SIZE = 20
PASSWORD_MIN, PASSWORD_MAX = 10, 200
FOLDED_MAX = 120
"""A name may grow when it is folded: one sign of a script can stand for eighteen."""
TRY_WINDOW = timedelta(minutes=15)

_hasher = PasswordHasher()
_EMAIL = re.compile(r"[^@\s\x00-\x1f<>()\[\],;:\\\"]{1,64}@[^@\s\x00-\x1f<>()\[\],;:\\\"]{1,180}\.[^@\s.]{2,60}")


def digest(token: str) -> str:
    """What is stored of a token: 64 hex digits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def storable(text: str) -> bool:
    """Whether both databases can hold a text: no NUL, no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def fold(text: str) -> str:
    """For comparing names and addresses: NFKC, case folded, inner blanks as one."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def clean_name(text: str, *, longest: int, field: str) -> str:
    """A name as it is shown: NFC, trimmed. Raises BadInput when empty, too long or with control characters."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not any(unicodedata.category(letter)[0] in "LNPSC" and letter != "\u200d" for letter in name):
        raise BadInput("field-empty", field=field)
    if len(name) > longest or len(fold(name)) > FOLDED_MAX:
        raise BadInput("field-too-long", field=field, longest=longest)
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn"} and letter != "\u200d" for letter in name):
        raise BadInput("field-characters", field=field)
    return name


# ---------------------------------------------------------------------------------------------------------------------
# Accounts and sessions


def sign_up(
    db: Database, *, email: str, name: str, password: str, language: str, now: datetime, demo: bool = False
) -> User:
    """A new account. Raises BadInput for what is malformed, Conflict where the address is taken.

    Takes the database instead of a session: hashing a password is slow, and no transaction waits for it.
    """
    folded = fold(email)
    if len(folded) > 254 or not storable(folded) or not _EMAIL.fullmatch(folded):
        raise BadInput("email-malformed")
    user = User(
        email=folded,
        name=clean_name(name, longest=80, field="name"),
        password_hash=hashed(password),
        language=language,
        created_at=now,
        demo=demo,
        email_verified_at=now if demo else None,
    )
    try:
        with db.write() as session:
            session.add(user)
    except IntegrityError:
        raise Conflict("email-taken") from None
    return user


def hashed(password: str) -> str:
    """What is stored of a password; slow on purpose. Raises BadInput where it is too short, too long or not text that
    can be typed."""
    if len(password) < PASSWORD_MIN:
        raise BadInput("password-short", shortest=PASSWORD_MIN)
    if len(password) > PASSWORD_MAX:
        raise BadInput("password-long", longest=PASSWORD_MAX)
    if not storable(password):
        raise BadInput("field-characters", field="password")
    return _hasher.hash(password)


def set_password(session: Session, *, user: User, password_hash: str) -> None:
    """`password_hash` is what `hashed` gave."""
    user.password_hash = password_hash
    session.add(user)
    session.flush()


def sign_in(db: Database, *, email: str, password: str, address: str, tries: int, now: datetime) -> User:
    """The account, if address and password fit. A failure is committed, by network address and by account.

    Raises QuotaUsed after `tries` failures within 15 minutes, NotAllowed otherwise. Takes the database as `sign_up`.
    """
    known = fold(email) if storable(email) else ""
    subjects = [digest(f"address {address}"), digest(f"account {known}")]
    with db.read() as session:
        _check_tries(session, subjects, tries=tries, now=now)
        user = session.exec(select(User).where(User.email == known)).first()
    fits = _verify(user.password_hash if user else _nobody(), password)
    if user is None or not fits or user.disabled_at is not None:
        with db.write() as session:
            session.add_all([SignInTry(subject=subject, at=now) for subject in subjects])
        raise NotAllowed("sign-in-wrong")
    if user.demo and not _is_loopback(address):
        raise NotAllowed("demo-loopback-only")
    if _hasher.check_needs_rehash(user.password_hash):
        fresh = _hasher.hash(password)
        with db.write() as session:
            set_password(session, user=session.get_one(User, user.id), password_hash=fresh)
    return user


def _check_tries(session: Session, subjects: list[str], *, tries: int, now: datetime) -> None:
    for subject in subjects:
        failed = session.exec(
            select(func.count())
            .select_from(SignInTry)
            .where(SignInTry.subject == subject, col(SignInTry.at) > now - TRY_WINDOW)
        ).one()
        if failed >= tries:
            raise QuotaUsed("sign-in-too-often", minutes=int(TRY_WINDOW.total_seconds() // 60))


def forget_tries(session: Session, *, now: datetime) -> None:
    """Failures are kept for a day."""
    session.exec(delete(SignInTry).where(col(SignInTry.at) < now - timedelta(days=1)))


@cache
def _nobody() -> str:
    """Verified against when there is no such account, so that both answers take the same time."""
    return _hasher.hash("nobody has this password")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _verify(stored: str, password: str) -> bool:
    if not storable(password):
        return False
    try:
        return _hasher.verify(stored, password[: PASSWORD_MAX + 1])
    except (VerifyMismatchError, InvalidHashError):
        return False


def begin_session(session: Session, *, user: User, now: datetime) -> str:
    """Sign a browser in; the token that its cookie carries."""
    token = secrets.token_urlsafe(32)
    assert user.id is not None
    session.add(
        UserSession(
            user_id=user.id, token_sha256=digest(token), created_at=now, expires_at=now + timedelta(days=SESSION_DAYS)
        )
    )
    session.flush()
    return token


def user_of(session: Session, *, token: str, now: datetime) -> User | None:
    """Who a session token belongs to, if it is still good."""
    return session.exec(
        select(User)
        .join(UserSession)
        .where(
            UserSession.token_sha256 == digest(token),
            col(UserSession.expires_at) > now,
            col(User.disabled_at).is_(None),
        )
    ).first()


def end_session(session: Session, *, token: str) -> None:
    session.exec(delete(UserSession).where(col(UserSession.token_sha256) == digest(token)))


# ---------------------------------------------------------------------------------------------------------------------
# Teams


def slugify(name: str, *, fallback: str) -> str:
    """Letters and digits of any script, joined by hyphens; `fallback` where nothing is left."""
    slug = re.sub(r"[^\w]+", "-", fold(name), flags=re.UNICODE).strip("-_")
    return slug[:70] or fallback


def make_team(session: Session, *, user: User, name: str, now: datetime) -> Team:
    """A new team with its captain. Raises BadInput for a malformed name, Conflict where it is taken."""
    shown = clean_name(name, longest=60, field="team")
    slug = slugify(shown, fallback=f"team-{secrets.token_hex(3)}")
    if session.exec(select(Team.id).where(Team.slug == slug)).first() is not None:
        slug = f"{slug}-{secrets.token_hex(2)}"
    team = Team(name=shown, folded_name=fold(shown), slug=slug, created_at=now)
    try:
        with session.begin_nested():
            session.add(team)
    except IntegrityError:
        raise Conflict("team-taken") from None
    _join(session, team=team, user=user, captain=True, now=now)
    return team


def _join(session: Session, *, team: Team, user: User, captain: bool, now: datetime) -> None:
    assert team.id is not None and user.id is not None
    session.add(Membership(team_id=team.id, user_id=user.id, captain=captain, joined_at=now))
    session.flush()


def teams_of(session: Session, *, user: User) -> list[Team]:
    return list(
        session.exec(select(Team).join(Membership).where(Membership.user_id == user.id).order_by(Team.folded_name))
    )


def members_of(session: Session, *, team: Team) -> list[tuple[User, bool]]:
    """Members with whether each is captain, in order of joining."""
    rows = session.exec(
        select(User, Membership.captain)
        .join(Membership)
        .where(Membership.team_id == team.id)
        .order_by(col(Membership.id))
    )
    return [(user, captain) for user, captain in rows]


def team_for(session: Session, *, user: User, slug: str) -> Team:
    """A team of this user. Raises NotFound for any other, whether it exists or not."""
    team = session.exec(select(Team).join(Membership).where(Team.slug == slug, Membership.user_id == user.id)).first()
    if team is None:
        raise NotFound("team-unknown")
    return team


def invite(session: Session, *, user: User, team: Team, now: datetime) -> str:
    """A link token with which anybody may join this team for two weeks; older ones end.

    Raises NotAllowed for anyone but its captain.
    """
    captain = session.exec(
        select(Membership.captain).where(Membership.team_id == team.id, Membership.user_id == user.id)
    ).first()
    if not captain:
        raise NotAllowed("captain-only")
    session.exec(delete(Token).where(col(Token.team_id) == team.id, col(Token.purpose) == "invitation"))
    token = secrets.token_urlsafe(24)
    session.add(
        Token(
            purpose="invitation",
            token_sha256=digest(token),
            team_id=team.id,
            created_at=now,
            expires_at=now + timedelta(days=INVITATION_DAYS),
        )
    )
    session.flush()
    return token


def invited_to(session: Session, *, token: str, now: datetime) -> Team:
    """The team that an invitation leads to. Raises NotFound where it is unknown or over."""
    team = session.exec(
        select(Team)
        .join(Token)
        .where(
            Token.token_sha256 == digest(token),
            Token.purpose == "invitation",
            col(Token.expires_at) > now,
        )
    ).first()
    if team is None:
        raise NotFound("invitation-unknown")
    return team


def accept_invitation(session: Session, *, user: User, token: str, now: datetime) -> Team:
    """Join. Raises NotFound for a bad link, Conflict where one is a member already, the team is full, or one is in one
    of its contests with another team."""
    team = invited_to(session, token=token, now=now)
    session.exec(select(Team.id).where(Team.id == team.id).with_for_update(key_share=True)).one()
    members = [member.id for member, _ in members_of(session, team=team)]
    if user.id in members:
        raise Conflict("member-already")
    if len(members) >= TEAM_SIZE:
        raise Conflict("team-full", most=TEAM_SIZE)
    theirs = select(Enrolment.contest_id).where(Enrolment.team_id == team.id)
    clash = session.exec(
        select(Team.name)
        .join(Enrolment)
        .join(Membership, col(Membership.team_id) == Team.id)
        .where(Membership.user_id == user.id, col(Enrolment.contest_id).in_(theirs))
    ).first()
    if clash is not None:
        raise Conflict("enrolled-already", team=clash)
    _join(session, team=team, user=user, captain=False, now=now)
    return team


# ---------------------------------------------------------------------------------------------------------------------
# Roles


def organiser_link(session: Session, *, now: datetime) -> str | None:
    """A one-time token that makes its bearer the first organiser; None once there is one."""
    if session.exec(select(Role.id).where(Role.role == "organiser")).first() is not None:
        return None
    session.exec(delete(Token).where(col(Token.purpose) == "organiser"))
    token = secrets.token_urlsafe(24)
    session.add(
        Token(
            purpose="organiser",
            token_sha256=digest(token),
            created_at=now,
            expires_at=now + timedelta(hours=ORGANISER_LINK_HOURS),
        )
    )
    session.flush()
    return token


def claim_organiser(session: Session, *, user: User, token: str, now: datetime) -> None:
    """Raises NotFound where the link is unknown, used or over."""
    link = session.exec(
        select(Token)
        .where(
            Token.token_sha256 == digest(token),
            Token.purpose == "organiser",
            col(Token.expires_at) > now,
            col(Token.used_at).is_(None),
        )
        .with_for_update(key_share=True)
    ).first()
    if link is None:
        raise NotFound("link-unknown")
    link.used_at = now
    assert user.id is not None
    session.add(link)
    session.add(Role(user_id=user.id, role="organiser", created_at=now))
    session.flush()


def appoint(session: Session, *, user: User, role: str, contest_id: int | None, now: datetime) -> None:
    """Give a user a role (`judge`, `chair`, `organiser`) in a contest, or everywhere; twice is once."""
    known = select(Role.id).where(Role.user_id == user.id, Role.role == role, Role.contest_id == contest_id)
    if session.exec(known).first() is None:
        assert user.id is not None
        session.add(Role(user_id=user.id, contest_id=contest_id, role=role, created_at=now))
        session.flush()


def has_role(session: Session, *, user: User, role: str, contest_id: int | None = None) -> bool:
    """Whether a user has a role in a contest, or everywhere."""
    return (
        session.exec(
            select(Role.id).where(
                Role.user_id == user.id,
                Role.role == role,
                col(Role.contest_id).is_(None) | (Role.contest_id == contest_id),
            )
        ).first()
        is not None
    )
