#!/bin/bash
# Proves a package with unzip, sha256sum, openssl and pyhanko alone; no line of Tàng Thư runs.
#   by_hand.sh PACKAGE KEY-LINE TSA-ROOT.pem TSA-INTERMEDIATES.pem
set -euo pipefail
package=$(realpath "$1") key=$2 tsa=$(realpath "$3") above=$(realpath "$4")
here=$(mktemp -d); trap 'rm -rf "$here"' EXIT; cd "$here"

hex() { sha256sum | cut -d' ' -f1; }
bytes() { printf "$(sed 's/../\\x&/g' <<<"$1")"; }              # hexadecimal to bytes
field() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p" | head -1; }

unzip -q "$package"

# 1. Nothing was changed since the lists were written.
sha256sum --quiet --strict -c manifest-sha256.txt
sha256sum --quiet --strict -c tagmanifest-sha256.txt
echo "1 manifest: every file has its hash"

# 2. The checkpoints are signed by the log's key: `name+id+base64(algorithm, 32 bytes)`.
{ bytes 302a300506032b6570032100; base64 -d <<<"${key#*+*+}" | tail -c 32; } | openssl pkey -pubin -inform der -out key.pem
signed() {                                                       # a note: text, empty line, lines of signatures
    sed '/^$/,$d' "$1" > text
    sed '1,/^$/d' "$1" | head -1 | cut -d' ' -f3 | base64 -d | tail -c 64 > signature
    openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in text -sigfile signature > /dev/null
}
signed data/log/checkpoint.txt
sed -n 's/.*"checkpoint": *"\(.*\)",\{0,1\}$/\1/p' request.json | sed 's/\\n/\n/g' | head -c -1 > request-checkpoint.txt
signed request-checkpoint.txt
echo "2 checkpoints: signed by the key"

# 3. An authority says when the checkpoint was there.
if [ -e data/log/checkpoint.tst ]; then
    openssl ts -verify -token_in -in data/log/checkpoint.tst -data data/log/checkpoint.txt \
        -CAfile "$tsa" -untrusted "$above" > /dev/null 2>&1
    echo "3 timestamp: of these bytes"
fi

# 4. A record is in the log: from its leaf up to the root of the checkpoint (RFC 6962).
climb() {                                                        # leaf hash, index, size, hashes… → root
    local found=$1 place=$2 last=$(($3 - 1)); shift 3
    for one in "$@"; do
        if ((place & 1 || place == last)); then
            found=$({ printf '\x01'; bytes "$one"; bytes "$found"; } | hex)
            while ((!(place & 1) && place)); do place=$((place >> 1)) last=$((last >> 1)); done
        else
            found=$({ printf '\x01'; bytes "$found"; bytes "$one"; } | hex)
        fi
        place=$((place >> 1)) last=$((last >> 1))
    done
    echo "$found"
}
root() { sed -n 3p "$1" | base64 -d | od -An -tx1 | tr -d ' \n'; }
count=$(wc -l < data/log/records.jsonl)
for n in $(seq "$count"); do
    leaf=$({ printf '\0'; sed -n "${n}p" data/log/records.jsonl | tr -d '\n'; } | hex)
    proof=$(sed -n "${n}p" data/log/proofs.jsonl)
    hashes=$(sed 's/.*"hashes": \[//; s/[]",}]/ /g' <<<"$proof")
    # shellcheck disable=SC2086
    [ "$(climb "$leaf" "$(field leaf <<<"$proof")" "$(field size <<<"$proof")" $hashes)" = "$(root data/log/checkpoint.txt)" ]
done
echo "4 records: all $count are in the log"

# 5. Metadata and files: each row's text has a hash that a record names; each file's hash stands in its document's row.
for row in data/rows/*/*.json; do
    grep -q "\"sha256\":\"$(hex < "$row")\"" data/log/records.jsonl
done
for file in data/files/*/*/*; do
    document=$(cut -d/ -f3 <<<"$file")
    grep -q "\"sha256\":\"$(hex < "$file")\"" "data/rows/documents/$document.json"
done
echo "5 rows and files: as the records say"

# 6. The package as a whole: its list of lists stands in a record of its own, which is in the log too.
sed -n 's/^ *"record": *"\(.*\)",\{0,1\}$/\1/p' request.json | sed 's/\\"/"/g; s/\\\\/\\/g' | tr -d '\n' > record
grep -q "\"sha256\":\"$(hex < tagmanifest-sha256.txt)\"" record
proof=$(sed -n '/"proof"/,/}/p' request.json | tr -d '\n ')
hashes=$(sed 's/.*"hashes":\[//; s/\].*//; s/[",]/ /g' <<<"$proof")
leaf=$({ printf '\0'; cat record; } | hex)
# shellcheck disable=SC2086
[ "$(climb "$leaf" "$(field leaf <<<"$proof")" "$(field size <<<"$proof")" $hashes)" = "$(root request-checkpoint.txt)" ]
echo "6 whole: sealed when it was made"

# 7. Signatures of the files, with the roots that the service used (or with your own).
trust=()
for der in data/trust/*.der; do
    if openssl x509 -inform der -in "$der" -out "$der.pem" 2> /dev/null; then trust+=(--trust "$der.pem"); fi
done
for pdf in data/files/*/*/*.pdf; do
    [ -e "$pdf" ] || continue
    pyhanko sign validate --pretty-print --trust-replace "${trust[@]}" --soft-revocation-check "$pdf" > verdict
    grep -q "judged VALID" verdict
done
echo "7 signatures: valid by pyhanko"
