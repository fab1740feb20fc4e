"""Files that a request names by URL: data in the URL itself, an object in S3, or something on the internet."""

from collections.abc import Callable
from urllib.parse import urlsplit

from gateway.converse.content import Block, is_remote, media_block, read_data_url, s3_block
from gateway.converse.documents import DocumentNames
from gateway.converse.media import MediaKind

# Gets a file by its URL: media type and base64 text. The second argument is the path of the URL's field.
type FetchFile = Callable[[str, str], tuple[str, str]]


def block_at(
    url: str,
    said: str,
    path: str,
    names: DocumentNames,
    fetch: FetchFile,
    *,
    name: str = "",
    allowed: tuple[MediaKind, ...] = (),
) -> Block:
    """Return the block for a `data:`, `s3://` or `https://` URL; what else is as in `content.media_block`.

    Raises:
        InvalidRequest: it is none of these, cannot be had, or is nothing that Bedrock takes there.
    """
    if url.startswith("s3://"):
        return s3_block(url, said, path, names)
    if is_remote(url):
        name = name or urlsplit(url).path.rpartition("/")[2]
        media_type, data = fetch(url, path)
    else:
        media_type, data = read_data_url(url, path)
    return media_block(data, said or media_type, path, names, name=name, allowed=allowed)
