// Licensed under the Apache License, Version 2.0; see LICENSE.

// One resource, of either protocol: what it is, its content, and what one does with it.

import { useState } from 'preact/hooks'
import { callerOf, linkTo, nameOf, online } from '../state'
import { t } from '../strings'
import { download } from '../transfer/downloads'
import type { Change } from '../wire/changes'
import * as classic from '../wire/classic'
import { readAbout, type About } from '../wire/content'
import * as pws from '../wire/pws'
import { ask, Refused, type Caller } from '../wire/request'
import type { Server } from '../wire/server'
import { essence, isJsonType } from '../wire/values'
import { Access } from './access'
import { useChanges } from './collection'
import { Editor } from './editor'
import { Crumbs, DeleteDialog, Failure, Loading, Name, say, useLoaded, type Crumb } from './parts'
import { ShareDialog } from './share'
import { Content, LONGEST_TEXT } from './viewer'

interface ResourceProps {
  server: Server
  space: string
  // In the classic protocol a path, and no collection.
  collection: string | undefined
  resource: string
  via: string | undefined
}

export function ResourceView(props: ResourceProps) {
  const { server, space, collection, resource, via } = props
  const caller = callerOf(server, via)
  const spaces = { label: server.base, href: linkTo(['spaces', server.base]) }
  const place = ['space', server.base, space]
  const inSpace = { label: nameOf(place), href: linkTo(place, via) }
  if (collection === undefined)
    return (
      <One
        caller={caller}
        space={space}
        url={classic.resourceUrl(caller, space, resource)}
        name={resource}
        crumbs={[spaces, inSpace]}
      />
    )
  const container = pws.collectionUrl(caller, space, collection)
  const inside = [...place, collection]
  const up = { label: nameOf(inside), href: linkTo(inside, via) }
  return (
    <Live
      caller={caller}
      space={space}
      container={container}
      id={resource}
      url={container + encodeURIComponent(resource)}
      name={resource}
      crumbs={[spaces, inSpace, up]}
    />
  )
}

interface OneProps {
  caller: Caller
  space: string
  url: string
  name: string
  crumbs: Crumb[]
  news?: Change | undefined
}

// With what the change feed says of it.
function Live({ container, id, ...props }: OneProps & { container: string; id: string }) {
  const [news, setNews] = useState<Change>()
  const broken = useChanges(props.caller, container, changes => {
    const last = changes.findLast(change => change.kind === 'resource' && change.id === id)
    if (last) setNews(last)
  })
  return (
    <>
      {broken && online.value && (
        <p class="warning" role="status">
          {t.notLive}
        </p>
      )}
      <One {...props} news={news} />
    </>
  )
}

type Open = 'share' | 'remove'

function One({ caller, space, url, name, crumbs, news }: OneProps) {
  const [open, setOpen] = useState<Open>()
  // With the version that was known when it began: another one is the editor's to tell.
  const [editing, setEditing] = useState<{ etag: string | undefined }>()
  const close = () => setOpen(undefined)
  const keys = [url, caller.identity?.did, caller.capability?.id]
  // A change that is ours has the validator that we know already.
  const about = useLoaded(
    () => readAbout(caller, url),
    [...keys, editing ? editing.etag : news?.etag]
  )
  const meta = useLoaded(
    async () => (caller.server.protocol === 'pws' ? await pws.readMeta(caller, url) : undefined),
    [...keys, news?.etag]
  )
  const facts = meta.value && pws.factsOf(meta.value)
  const gone = news?.deleted || (about.error instanceof Refused && about.error.status === 404)
  const title = facts?.name ?? name
  return (
    <>
      <Crumbs path={crumbs} here={title} />
      <h1>
        <Name>{title}</Name>
      </h1>
      {news?.deleted && (
        <p class="warning" role="status">
          {t.deletedElsewhere}
        </p>
      )}
      {!news?.deleted && <Failure error={about.error} retry={about.reload} />}
      {!about.value && !about.error && <Loading />}
      {about.value && !gone && (
        <>
          <Facts about={about.value} facts={facts} />
          <p class="actions">
            <button class="primary" onClick={() => download(caller, url, title)}>
              {t.download}
            </button>
            {isEditable(about.value) && !editing && (
              <button onClick={() => setEditing({ etag: news?.etag })}>{t.edit}</button>
            )}
            {caller.server.protocol === 'pws' && (
              <button onClick={() => setOpen('share')}>{t.share}</button>
            )}
            <button onClick={() => setOpen('remove')}>{t.delete}</button>
          </p>
          {editing ? (
            <Editor
              caller={caller}
              url={url}
              news={news}
              close={saved => {
                setEditing(undefined)
                if (saved) say(t.saved)
                about.reload()
              }}
            />
          ) : (
            <Content
              key={about.value.etag}
              caller={caller}
              url={url}
              about={about.value}
              name={title}
            />
          )}
          {!caller.capability && <Access caller={caller} url={url} space={space} />}
        </>
      )}
      {open === 'share' && <ShareDialog caller={caller} url={url} close={close} />}
      {open === 'remove' && (
        <DeleteDialog
          question={t.deleteAsk(title)}
          close={close}
          submit={async () => {
            // That version, and not what somebody else has made of it meanwhile.
            const headers = { 'if-match': about.value?.etag }
            await ask(caller, 'DELETE', url, { headers })
            const up = crumbs[crumbs.length - 1]!
            location.hash = up.href
          }}
        />
      )}
    </>
  )
}

function isEditable({ type, size }: About): boolean {
  return size <= LONGEST_TEXT && (isJsonType(type) || essence(type).startsWith('text/'))
}

function Facts({ about, facts }: { about: About; facts: pws.Facts | undefined }) {
  const rows: [string, string][] = [
    [t.columns.type, about.type],
    [t.columns.size, t.size(about.size)],
    [t.columns.time, t.time(facts?.time ?? about.modified)],
    [t.columns.writer, facts?.by ?? '']
  ]
  return (
    <dl class="facts" aria-label={t.facts}>
      {rows
        .filter(([, value]) => value)
        .map(([label, value]) => (
          <div>
            <dt>{label}</dt>
            <dd>
              <Name>{value}</Name>
            </dd>
          </div>
        ))}
    </dl>
  )
}
