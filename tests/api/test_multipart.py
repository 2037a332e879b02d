"""The streaming form reader: every cut of the stream gives the same parts, and a broken form is told."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from urllib3.filepost import encode_multipart_formdata

from api.multipart import FormMalformed, parts

BOUNDARY = "ranh-gioi"


def request(
    body: bytes, cuts: list[int] = (), kind: str = f"multipart/form-data; boundary={BOUNDARY}"
) -> Request:
    places = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    messages = [
        {"type": "http.request", "body": body[a:b], "more_body": True} for a, b in itertools.pairwise(places)
    ]
    messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive():
        return messages.pop(0)

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", kind.encode())]}
    return Request(scope, receive)


async def read(body: bytes, cuts: list[int] = (), **more) -> list[tuple[str, str | None, bytes]]:
    return [
        (part.name, part.filename, b"".join([piece async for piece in part.chunks()]))
        async for part in parts(request(body, cuts, **more))
    ]


NASTY = st.one_of(
    st.binary(max_size=300),
    st.lists(
        st.sampled_from([b"\r\n", b"--", f"\r\n--{BOUNDARY[:-1]}".encode(), b"\r", b"x"]), max_size=8
    ).map(b"".join),
)


@given(contents=st.lists(NASTY, min_size=1, max_size=4), cuts=st.lists(st.integers(0, 5000), max_size=12))
async def test_any_cut_gives_the_same_parts(contents, cuts):
    fields = [(f"p{n}", (f"tệp {n}.pdf", content)) for n, content in enumerate(contents)]
    body, _ = encode_multipart_formdata(fields, boundary=BOUNDARY)
    found = await read(body, cuts)
    assert [(name, content) for name, _, content in found] == [
        (f"p{n}", content) for n, content in enumerate(contents)
    ]


async def test_a_part_that_is_not_read_is_skipped_and_names_are_utf8():
    body, kind = encode_multipart_formdata({"một": ("công văn.pdf", b"1\r\n2"), "hai": "chữ"})
    found = [(part.name, part.filename) async for part in parts(request(body, kind=kind))]
    assert found == [("một", "công văn.pdf"), ("hai", None)]


async def test_preamble_and_epilogue_mean_nothing():
    body = (
        f'Đầu\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--{BOUNDARY}--\r\nCuối'
    )
    assert await read(body.encode()) == [("a", None, b"x")]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "không có ranh giới nào",
        f"--{BOUNDARY}",
        f"--{BOUNDARY}\r\nContent-Disposition: form-data",
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\ncụt',
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--{BOUNDARY}',
        f"--{BOUNDARY}rác\r\n\r\nx\r\n--{BOUNDARY}--",
        f"--{BOUNDARY}\r\nkhông có dấu hai chấm\r\n\r\nx\r\n--{BOUNDARY}--",
        f"--{BOUNDARY}\r\nA: {'x' * 9000}\r\n\r\nx\r\n--{BOUNDARY}--",
    ],
)
@pytest.mark.parametrize("cuts", [[], list(range(0, 10_000, 7))])
async def test_a_broken_form_is_told(body, cuts):
    with pytest.raises(FormMalformed):
        await read(body.encode(), cuts)


async def test_another_content_type_is_told():
    with pytest.raises(HTTPException) as told:
        await read(b"{}", kind="application/json")
    assert told.value.status_code == 415
