import base64

import pytest
from gateway.converse.content import media_block, read_data_url, s3_block
from gateway.converse.documents import DocumentNames
from gateway.converse.media import base64_text, format_of
from gateway.errors import InvalidRequest

FTYP = b"\x00\x00\x00\x20ftyp"


def encoded(data):
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("data", "said", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/jpeg", ("image", "png")),
        (b"\xff\xd8\xff\xe0", "image/jpg", ("image", "jpeg")),
        (b"GIF89a", "", ("image", "gif")),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "", ("image", "webp")),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/mp3", ("audio", "wav")),
        (b"%PDF-1.7", "text/plain", ("document", "pdf")),
        (b"a,b\n1,2", "text/csv", ("document", "csv")),
        (b"# x", "text/markdown; charset=utf-8", ("document", "md")),
        (b"x", "text/plain", ("document", "txt")),
        (b"PK\x03\x04", "docx", ("document", "docx")),
        (
            b"PK\x03\x04",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ("document", "xlsx"),
        ),
        (b"x", "video/3gpp", ("video", "three_gp")),
        (FTYP + b"3gp4", "", ("video", "three_gp")),
        (FTYP + b"isom", "", ("video", "mp4")),
        (FTYP + b"qt  ", "application/octet-stream", ("video", "mov")),
        (FTYP + b"isom", "audio/mp4", ("audio", "mp4")),
        (b"x", "video/mpeg", ("video", "mpeg")),
        (b"x", "audio/mpeg", ("audio", "mpeg")),
        (b"OggS", "audio/opus", ("audio", "opus")),
        (b"OggS", "", ("audio", "ogg")),
        (b"ID3", "", ("audio", "mp3")),
    ],
)
def test_formats_are_told_by_the_bytes_where_these_tell_and_else_by_the_client(data, said, expected):
    assert format_of(encoded(data), said, "x") == expected


@pytest.mark.parametrize(("data", "said"), [(b"BM bitmap", "image/bmp"), (b"x", ""), (b"x", "image/png")])
def test_bytes_of_no_format_that_bedrock_takes_are_refused(data, said):
    with pytest.raises(InvalidRequest) as caught:
        format_of(encoded(data), said, "messages[0]")
    assert caught.value.param == "messages[0]"


@pytest.mark.parametrize(
    ("given", "expected"),
    [("YWJj", "YWJj"), ("YWI=", "YWI="), ("YWI", "YWI="), ("YW\r\nJj ", "YWJj"), ("-_8=", "+/8=")],
)
def test_base64_is_passed_on_in_the_alphabet_that_bedrock_reads(given, expected):
    assert base64_text(given, "x") == expected


@pytest.mark.parametrize("given", ["", "=", "a", "abc$", "äbcd", "ab=c"])
def test_what_is_no_base64_is_refused(given):
    with pytest.raises(InvalidRequest, match="base64"):
        base64_text(given, "x")


def test_a_data_url_is_read_without_decoding_its_base64():
    assert read_data_url("data:image/png;base64,YWJj", "x") == ("image/png", "YWJj")
    assert read_data_url("data:text/plain,a%20b", "x") == ("text/plain", encoded(b"a b"))
    with pytest.raises(InvalidRequest):
        read_data_url("ftp://x", "x")


def test_a_kind_that_is_not_wanted_there_is_refused():
    with pytest.raises(InvalidRequest, match="image data is wanted"):
        media_block(encoded(b"%PDF-1.7"), "", "x", DocumentNames(), allowed=("image",))


def test_an_object_in_s3_is_left_for_bedrock_to_read():
    assert s3_block("s3://bucket/a/Film.3gp", "", "x", DocumentNames()) == {
        "video": {"format": "three_gp", "source": {"s3Location": {"uri": "s3://bucket/a/Film.3gp"}}}
    }
    with pytest.raises(InvalidRequest):
        s3_block("s3://bucket/a", "", "x", DocumentNames())


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("Report.pdf", "Report"),
        ("Bericht: 3/4 (neu) [a-b].pdf", "Bericht 3 4 (neu) [a-b]"),
        ("a\t\n  b", "a b"),
        ("日本語.pdf", "document"),
        ("", "document"),
        ("x" * 300, "x" * 190),
    ],
)
def test_a_document_is_named_with_allowed_characters_only(wanted, expected):
    assert DocumentNames().name(wanted) == expected


def test_document_names_are_unique_and_the_same_in_every_replay():
    wanted = ["a.pdf", "a.txt", "", "a", "", "a-2"]
    first, again = DocumentNames(), DocumentNames()
    names = [first.name(name) for name in wanted]
    assert names == [again.name(name) for name in wanted]
    assert len(set(names)) == len(names)
