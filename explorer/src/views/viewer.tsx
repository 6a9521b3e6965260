// Licensed under the Apache License, Version 2.0; see LICENSE.

// Looking at a content that strangers may have stored. Nothing of it runs: it is text, or a
// picture, or stands in a frame without scripts, forms, an origin or a way out. The type that a
// blob gets is one of ours, never one that was stored.

import { useEffect, useState } from 'preact/hooks'
import { t } from '../strings'
import { playable } from '../transfer/media'
import { readFrom, type About } from '../wire/content'
import type { Caller } from '../wire/request'
import { essence, isJsonType, type Json } from '../wire/values'
import { Failure, Loading, useLoaded } from './parts'
import { JsonTree, CredentialCard, isCredential } from './json'

export const LONGEST_TEXT = 1024 * 1024
const LONGEST_PICTURE = 32 * 1024 * 1024
const LONGEST_PDF = 64 * 1024 * 1024

const PICTURES = new Map(
  ['png', 'jpeg', 'gif', 'webp', 'avif', 'bmp', 'svg+xml'].map(kind => [
    `image/${kind}`,
    `image/${kind}`
  ])
)

interface ContentProps {
  caller: Caller
  url: string
  about: About
  name: string
}

export function Content(props: ContentProps) {
  const { type, size } = props.about
  const kind = essence(type)
  if (isJsonType(type) || kind.startsWith('text/')) return <TextContent {...props} />
  if (PICTURES.has(kind))
    return size > LONGEST_PICTURE ? <p>{t.tooLong}</p> : <Picture {...props} />
  if (kind === 'application/pdf')
    return size > LONGEST_PDF ? <p>{t.tooLong}</p> : <Document {...props} />
  if (/^(audio|video)\/[\w.+-]+$/.test(kind)) return <Media {...props} />
  return <p>{t.noView}</p>
}

function useText({ caller, url, about }: ContentProps) {
  return useLoaded(async () => {
    const whole = about.size <= LONGEST_TEXT
    const to = whole ? undefined : LONGEST_TEXT - 1
    const { response } = await readFrom(caller, url, 0, to)
    const text = new TextDecoder().decode(await response.arrayBuffer())
    let json: { value: Json } | undefined
    if (whole && isJsonType(about.type))
      try {
        json = { value: JSON.parse(text) as Json }
      } catch {
        // It is shown as the text that it is.
      }
    return { text, whole, json }
  }, [url, about.etag])
}

type Look = 'tree' | 'text' | 'page'

function TextContent(props: ContentProps) {
  const content = useText(props)
  const [chosen, setLook] = useState<Look>()
  if (!content.value) return content.error ? <Failure error={content.error} /> : <Loading />
  const { text, whole, json } = content.value
  const html = essence(props.about.type) === 'text/html' && whole
  const looks: Look[] = [
    ...(json ? ['tree' as const] : []),
    'text',
    ...(html ? ['page' as const] : [])
  ]
  const look = chosen ?? looks[0]
  const labels = { tree: t.tree, text: t.text, page: t.asPage }
  return (
    <section class="content" aria-label={t.content}>
      {json && isCredential(json.value) && <CredentialCard value={json.value} />}
      {looks.length > 1 && (
        <p class="looks" role="group" aria-label={t.content}>
          {looks.map(one => (
            <button aria-pressed={one === look} onClick={() => setLook(one)}>
              {labels[one]}
            </button>
          ))}
        </p>
      )}
      {!whole && <p class="hint">{t.cut(t.size(LONGEST_TEXT), t.size(props.about.size))}</p>}
      {look === 'tree' && json && <JsonTree value={json.value} />}
      {look === 'text' && (
        <pre tabIndex={0} role="region" aria-label={t.text} dir="auto">
          {text}
        </pre>
      )}
      {look === 'page' && <Page html={text} name={props.name} />}
    </section>
  )
}

// A URL of a blob for as long as it is shown.
function useBlobUrl(parts: BlobPart[] | undefined, type: string): string | undefined {
  const [url, setUrl] = useState<string>()
  useEffect(() => {
    if (!parts) return
    const made = URL.createObjectURL(new Blob(parts, { type }))
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [parts, type])
  return url
}

// In front of all that was stored. The frame has this page's own policy, too, and is sandboxed:
// each of the three would do.
const LOCKED =
  '<!doctype html><meta http-equiv="Content-Security-Policy" content="' +
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:" +
  '"><meta name="referrer" content="no-referrer">'

function Page({ html, name }: { html: string; name: string }) {
  const [parts] = useState(() => [LOCKED, html])
  const url = useBlobUrl(parts, 'text/html;charset=utf-8')
  return url ? <iframe class="page" sandbox="" src={url} title={name} /> : null
}

function useBytes({ caller, url, about }: ContentProps) {
  return useLoaded(async () => {
    const { response } = await readFrom(caller, url, 0)
    return [await response.arrayBuffer()]
  }, [url, about.etag])
}

function Picture(props: ContentProps) {
  const bytes = useBytes(props)
  const url = useBlobUrl(bytes.value, PICTURES.get(essence(props.about.type))!)
  const [broken, setBroken] = useState(false)
  if (bytes.error) return <Failure error={bytes.error} />
  if (broken) return <p>{t.noView}</p>
  return url ? (
    <img class="picture" src={url} alt={props.name} onError={() => setBroken(true)} />
  ) : (
    <Loading />
  )
}

// Browsers show no PDF in a sandboxed frame. It is their own viewer that shows this one, which lets
// it see nothing of the page; and what does not begin as a PDF is not given to it.
function Document(props: ContentProps) {
  const bytes = useBytes(props)
  const begins = bytes.value && new TextDecoder('latin1').decode(bytes.value[0]!.slice(0, 5))
  const url = useBlobUrl(begins === '%PDF-' ? bytes.value : undefined, 'application/pdf')
  if (bytes.error) return <Failure error={bytes.error} />
  if (bytes.value && begins !== '%PDF-') return <p>{t.noView}</p>
  if (!url) return <Loading />
  return navigator.pdfViewerEnabled ? (
    <iframe class="page" src={url} title={props.name} />
  ) : (
    <p>{t.noView}</p>
  )
}

function Media({ caller, url, about, name }: ContentProps) {
  const [source, setSource] = useState<string | null>()
  const [broken, setBroken] = useState(false)
  useEffect(() => {
    let release = () => {}
    let alive = true
    void playable(caller, url).then(made => {
      release = made?.release ?? release
      if (alive) setSource(made?.url ?? null)
      else release()
    })
    return () => {
      alive = false
      release()
    }
  }, [url])
  if (source === undefined) return <Loading />
  if (source === null || broken) return <p>{t.noView}</p>
  const failed = () => setBroken(true)
  return essence(about.type).startsWith('audio/') ? (
    <audio controls preload="metadata" src={source} aria-label={name} onError={failed} />
  ) : (
    <video controls preload="metadata" src={source} aria-label={name} onError={failed} />
  )
}
