"""The organisation put together: units, people, their accounts, positions and rights over one database."""

from dataclasses import dataclass

from repository.clock import Clock
from repository.journal import Journal
from repository.mongo import Database
from repository.organisation.accounts.credentials import Credentials
from repository.organisation.accounts.idleness import Idleness
from repository.organisation.accounts.own_account import OwnAccount
from repository.organisation.accounts.second_factor import Vault
from repository.organisation.certificates import Certificates
from repository.organisation.people.open_work import WorkKind
from repository.organisation.people.people import People
from repository.organisation.people.postings import Postings
from repository.organisation.rights.delegations import Delegations
from repository.organisation.rights.requests import Requests
from repository.organisation.rights.reviews import Reviews
from repository.organisation.units.units import Units
from repository.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """What may be asked about units and people."""

    units: Units
    certificates: Certificates
    people: People
    postings: Postings
    requests: Requests
    reviews: Reviews
    idleness: Idleness
    credentials: Credentials
    own_account: OwnAccount
    vault: Vault
    delegations: Delegations


def organisation(
    settings: Settings, *, database: Database, journal: Journal, clock: Clock, work: list[WorkKind]
) -> Organisation:
    """`work` are the kinds of open work that somebody must take over from whoever leaves."""
    vault = Vault.opened(settings.account_key, settings.data)
    admin_totp = settings.admin_totp == "required"
    people = People(database=database, journal=journal, work=work)
    postings = Postings(database=database, journal=journal, clock=clock, people=people, work=work)
    return Organisation(
        units=Units(database=database, journal=journal, clock=clock),
        certificates=Certificates(database=database, journal=journal, clock=clock),
        people=people,
        postings=postings,
        requests=Requests(database=database, journal=journal, clock=clock, people=people, postings=postings),
        reviews=Reviews(database=database, journal=journal, clock=clock),
        idleness=Idleness(database=database, journal=journal, clock=clock),
        credentials=Credentials(
            database=database, journal=journal, clock=clock, vault=vault, admin_totp=admin_totp
        ),
        own_account=OwnAccount(
            database=database, journal=journal, clock=clock, vault=vault, admin_totp=admin_totp
        ),
        vault=vault,
        delegations=Delegations(database=database, journal=journal, clock=clock),
    )
