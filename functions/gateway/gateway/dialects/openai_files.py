"""Files as OpenAI's dialects name them: data URLs, base64 text, https URLs, objects in S3."""

from typing import Any

from gateway.converse.content import Block, is_remote, media_block
from gateway.converse.documents import DocumentNames
from gateway.converse.fields import below, filled, optional, required
from gateway.converse.files import FetchFile, block_at
from gateway.converse.media import MediaKind
from gateway.errors import InvalidRequest

type Json = dict[str, Any]


class FileReader:
    """Makes blocks of the files of one request; `path` is always the one of the part or object that is given."""

    def __init__(self, fetch: FetchFile) -> None:
        self._fetch = fetch
        self._names = DocumentNames()

    def by_url(self, part: Json, name: str, path: str, kind: MediaKind) -> Block:
        """Read a member that is a URL, or an object with a `url` and perhaps a `format`.

        Raises:
            InvalidRequest: as `media_block`; or the file cannot be had.
        """
        given, where = part.get(name), below(path, name)
        if isinstance(given, str):
            return self._at(given, "", where, allowed=(kind,))
        given = required(part, name, dict, path)
        said = optional(given, "format", str, where) or ""
        return self._at(filled(given, "url", where), said, below(where, "url"), allowed=(kind,))

    def audio(self, part: Json, path: str) -> Block:
        """Read an `input_audio` part.

        Raises:
            InvalidRequest: as `media_block`.
        """
        audio, where = required(part, "input_audio", dict, path), below(path, "input_audio")
        said = filled(audio, "format", where)
        # `mp4` and `webm` are names of videos too.
        said = said if "/" in said else f"audio/{said}"
        return media_block(filled(audio, "data", where), said, below(where, "data"), self._names, allowed=("audio",))

    def file(self, file: Json, path: str) -> Block:
        """Read an object with `file_data`, `file_url` or a `file_id` that is a URL, and perhaps a `filename`.

        Raises:
            InvalidRequest: as `by_url`; or it names a file that only OpenAI has.
        """
        name = optional(file, "filename", str, path) or ""
        said = optional(file, "format", str, path) or ""
        if file.get("file_data") is None:
            member = "file_id" if file.get("file_url") is None else "file_url"
            place, where = filled(file, member, path), below(path, member)
            if not (place.startswith(("data:", "s3://")) or is_remote(place)):
                raise InvalidRequest(
                    f"Sluice keeps no files, so `{where}` means nothing here; send the file itself.", where
                )
            return self._at(place, said, where, name=name)
        data, where = filled(file, "file_data", path), below(path, "file_data")
        if data[:5].lower() == "data:":
            return self._at(data, said, where, name=name)
        return media_block(data, said, where, self._names, name=name)

    def _at(self, url: str, said: str, path: str, *, name: str = "", allowed: tuple[MediaKind, ...] = ()) -> Block:
        return block_at(url, said, path, self._names, self._fetch, name=name, allowed=allowed)
