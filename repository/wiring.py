"""Settings in, an opened `Repository` out. The only module that names adapters."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from repository import mongo, schema
from repository.archive_packages.work import ArchivePackages
from repository.archive_packages.work import assemble as assemble_archive_packages
from repository.audit.log import Log, open_log
from repository.backups.register import Backups
from repository.blobs.minio import open_store
from repository.clock import Clock, SystemClock
from repository.documents.documents import Documents
from repository.documents.levels import Levels
from repository.documents.paper import Papers
from repository.documents.sharing import Sharing
from repository.documents.versions import Versions
from repository.dossiers.dossiers import Dossiers
from repository.dossiers.keeping import KeptDossiers
from repository.dossiers.members import Members
from repository.dossiers.work import DossierWork
from repository.dossiers.work import assemble as assemble_dossiers
from repository.evidence.fixity_objects import Store
from repository.evidence.fixity_runs import Fixity
from repository.evidence.inspections import Inspections
from repository.evidence.package import Evidence, open_evidence
from repository.evidence.samples import Samples, open_samples
from repository.incidents.incidents import Incidents
from repository.incidents.telling import teller
from repository.ingest.intake import Intake
from repository.ingest.receive import Receiver
from repository.ingest.scanner import ClamdScanner, Scanner
from repository.ingest.staging import Staging
from repository.ingest.tables import Tables
from repository.journal import Journal
from repository.mongo import Database
from repository.organisation.office import Organisation, organisation
from repository.outbox import Outbox
from repository.policy.formats import Formats
from repository.registers.blocks import Blocks
from repository.registers.closings import Closings
from repository.registers.registers import Registers
from repository.retention.eraser import Eraser, eraser_of
from repository.retention.schedules import Schedules
from repository.retention.work import Retention
from repository.retention.work import assemble as assemble_retention
from repository.sandbox import Limits, Sandbox
from repository.settings import Settings
from repository.signatures.custody import Custody, keep
from repository.signatures.judging.judge import Judge
from repository.signatures.signing.signings import Signings
from repository.signatures.signing.wiring import assemble_signings


@dataclass(frozen=True, kw_only=True)
class Repository(Organisation):
    """Everything that api, indexers and ops may ask of the truth."""

    settings: Settings
    clock: Clock
    database: Database
    blobs: Store
    scanner: Scanner
    journal: Journal
    outbox: Outbox
    intake: Intake
    registers: Registers
    blocks: Blocks
    closings: Closings
    documents: Documents
    versions: Versions
    dossiers: Dossiers
    dossier_work: DossierWork
    retention: Retention
    sharing: Sharing
    levels: Levels
    members: Members
    papers: Papers
    judge: Judge
    custody: Custody
    signings: Signings
    incidents: Incidents
    fixity: Fixity
    inspections: Inspections
    evidence: Evidence
    samples: Samples
    archive_packages: ArchivePackages
    backups: Backups
    log: Log


@asynccontextmanager
async def open_repository(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Repository]:
    """An opened repository; raises Unavailable, saying which dependency, when one does not answer."""
    clock = clock or SystemClock()
    settings.staging.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        database = mongo.connect(settings.mongo_url, settings.mongo_database)
        stack.push_async_callback(mongo.close, database)
        await mongo.ping(database)
        await schema.ensure_indexes(database)
        blobs = await stack.enter_async_context(open_store(settings, clock=clock))
        await Staging(folder=settings.staging).sweep()
        limits = Limits(seconds=30)
        sandbox = await stack.enter_async_context(
            Sandbox(function="repository.signatures.verify:validate", size=2, limits=limits)
        )
        press = await stack.enter_async_context(
            Sandbox(function="repository.signatures.signing.pdf:work", size=1, limits=limits)
        )
        tables = await stack.enter_async_context(
            Sandbox(function="repository.ingest.tables:read", size=1, limits=limits)
        )
        yield assemble(
            settings, clock=clock, database=database, blobs=blobs, sandbox=sandbox, press=press,
            tables=tables,
        )  # fmt: skip


def assemble(
    settings: Settings, *, clock: Clock, database: Database, blobs: Store, sandbox: Sandbox, press: Sandbox,
    tables: Sandbox, eraser: Eraser | None = None,
) -> Repository:  # fmt: skip
    """The features put together over opened adapters."""
    scanner = ClamdScanner(url=settings.clamd_url, clock=clock)
    journal = Journal(database=database, clock=clock)
    receiver = _receiver(settings, blobs, scanner, clock)
    registers = Registers(database=database, journal=journal)
    documents = Documents(database=database, journal=journal, registers=registers)
    versions = Versions(
        database=database, journal=journal, documents=documents, blobs=blobs, scanner=scanner, clock=clock
    )
    schedules = Schedules(database=database)
    sheets = Tables(sandbox=tables, staging=Staging(folder=settings.staging))
    dossiers, dossier_work = assemble_dossiers(
        database=database, journal=journal, documents=documents, rules=schedules, tables=sheets
    )
    judge = _judge(settings, database, blobs, journal, sandbox, clock)
    intake = Intake(receiver=receiver, database=database, journal=journal, clock=clock)
    office = organisation(
        settings, database=database, journal=journal, clock=clock, work=[KeptDossiers(database=database)]
    )
    incidents = Incidents(database=database, journal=journal)
    closings = Closings(database=database, journal=journal, registers=registers)
    custody = keep(
        settings, database=database, blobs=blobs, journal=journal, incidents=incidents, judge=judge, clock=clock
    )  # fmt: skip
    signings = assemble_signings(
        settings, clock=clock, database=database, journal=journal, blobs=blobs, documents=documents, intake=intake,
        vault=office.vault, sandbox=press, trusted=judge.verdicts.trusted,
    )  # fmt: skip
    fixity = _fixity(settings, database, blobs, journal, incidents, closings)
    log = open_log(
        settings, database=database, blobs=blobs, clock=clock, box=office.vault, tell=teller(incidents)
    )
    retention = assemble_retention(
        settings, database=database, journal=journal, schedules=schedules, tables=sheets, blobs=blobs,
        eraser=eraser or eraser_of(settings), clock=clock, incidents=incidents, log=log,
    )  # fmt: skip
    evidence = open_evidence(
        settings, log=log, journal=journal, documents=documents, dossiers=dossiers,
        disposals=retention.disposals, verdicts=judge.verdicts, blobs=blobs,
    )  # fmt: skip
    samples = open_samples(database, journal, documents, versions, registers, incidents, evidence)
    return Repository(
        **vars(office), settings=settings, clock=clock, database=database, blobs=blobs, scanner=scanner,
        journal=journal, outbox=Outbox(database=database), intake=intake, incidents=incidents,
        registers=registers, closings=closings, blocks=Blocks(database=database, journal=journal, registers=registers),
        documents=documents, versions=versions, judge=judge, custody=custody, signings=signings,
        sharing=Sharing(database=database, journal=journal, documents=documents), samples=samples,
        levels=Levels(journal=journal, documents=documents), papers=Papers(journal=journal, documents=documents),
        dossiers=dossiers, dossier_work=dossier_work, retention=retention, inspections=Inspections(database=database),
        members=Members(database=database, journal=journal, dossiers=dossiers),
        fixity=fixity, backups=Backups(database=database, journal=journal, clock=clock), log=log, evidence=evidence,
        archive_packages=assemble_archive_packages(settings, database, journal, documents, dossiers, blobs, intake),
    )  # fmt: skip


def _fixity(
    settings: Settings, database: Database, blobs: Store, journal: Journal, incidents: Incidents, closings: Closings
) -> Fixity:  # fmt: skip
    return Fixity(
        database=database, blobs=blobs, journal=journal, incidents=incidents, closings=closings,
        folder=settings.data / "fixity",
    )  # fmt: skip


def _judge(
    settings: Settings, database: Database, blobs: Store, journal: Journal, sandbox: Sandbox, clock: Clock
) -> Judge:
    return Judge(
        database=database, blobs=blobs, journal=journal, sandbox=sandbox, staging=settings.staging, clock=clock,
        trust_anchors=[Path(one) for one in settings.trust_anchors.split(":") if one],
        revocation=settings.revocation,
    )  # fmt: skip


def _receiver(settings: Settings, blobs: Store, scanner: Scanner, clock: Clock) -> Receiver:
    return Receiver(
        staging=Staging(folder=settings.staging),
        blobs=blobs,
        scanner=scanner,
        formats=Formats.shipped(),
        clock=clock,
        max_size=settings.max_file_size,
    )
