"""The demonstration's people can sign: certificates registered once, key files that open with its password."""

from cryptography.hazmat.primitives.serialization import pkcs12

from ops.demo import certificates, seed
from ops.demo.district import PEOPLE, UNITS
from ops.demo.pki import DemoPki
from repository.organisation.people.people import actor_of
from repository.signatures.signing.model import Kind


async def test_everybody_has_a_certificate_and_a_key_file(repository, tmp_path) -> None:
    DemoPki.open(tmp_path / "pki")
    await seed._organisation(repository, "Mật-khẩu-1")
    await certificates.register(repository, tmp_path, "Mật-khẩu-1")
    await certificates.register(repository, tmp_path, "Mật-khẩu-1")
    people = await repository.people.all()
    assert len(people) == len(PEOPLE)
    assert all(len(one["certificates"]) == 1 for one in people)
    assert [row["_id"] for row in await repository.units.all() if row.get("certificates")] == []
    assert {one.stem for one in (tmp_path / "keys").glob("*.pem")} >= {unit.id for unit in UNITS}
    key, _, _ = pkcs12.load_key_and_certificates(
        (tmp_path / "keys" / f"{PEOPLE[0].username}.p12").read_bytes(), "Mật-khẩu-1".encode()
    )
    assert key is not None
    clerk = next(one for one in people if one["unit"] == "van-phong" and "clerk" in one["roles"])
    found = await repository.signings.holders.certificates(actor_of(clerk), Kind.PERSON)
    assert len(found) == 1
