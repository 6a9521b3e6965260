// Licensed under the Apache License, Version 2.0; see LICENSE.

// A space of the classic protocol: its resources by their paths, as far as its archive was read.

import { useEffect, useRef, useState } from 'preact/hooks'
import { callerOf, go, linkTo, noteName } from '../state'
import { t } from '../strings'
import { download } from '../transfer/downloads'
import { uploaded } from '../transfer/uploads'
import * as classic from '../wire/classic'
import type { Server } from '../wire/server'
import { DropZone, Items, NewText } from './items'
import { Crumbs, Failure, Field, fieldOf, FormDialog, Loading, Name, useLoaded } from './parts'
import { Import } from './space'

// How much of an archive is read unasked, and how much more with each "Read on".
const UNASKED = 16 * 1024 * 1024
const SHOWN = 100

export function PathsView({ server, space }: { server: Server; space: string }) {
  const caller = callerOf(server, undefined)
  const url = classic.spaceUrl(caller, space)
  const keys = [url, caller.identity?.did]
  const [most, setMost] = useState(UNASKED)
  const [first, setFirst] = useState(0)
  const [open, setOpen] = useState<'text' | 'path'>()
  const close = () => setOpen(undefined)
  const about = useLoaded(() => classic.readSpace(caller, space), keys)
  const [found, setFound] = useState<classic.Listing>()
  const told = useRef(0)
  const listing = useLoaded(
    signal =>
      classic.listPaths(caller, space, most, signal, some => {
        // Not more often than somebody can see.
        if (performance.now() - told.current < 200) return
        told.current = performance.now()
        setFound(some)
      }),
    [...keys, most]
  )
  useEffect(() => {
    if (uploaded.value > 0) listing.reload()
  }, [uploaded.value])
  const shown = listing.value ?? found
  const items = shown?.items ?? []
  const page = items.slice(first, first + SHOWN)
  const name = about.value?.name ?? space
  useEffect(() => noteName(['space', server.base, space], name), [name])
  return (
    <>
      <Crumbs path={[{ label: server.base, href: linkTo(['spaces', server.base]) }]} here={name} />
      <h1>
        <Name>{name}</Name>
      </h1>
      <p class="actions">
        <button onClick={() => setOpen('text')}>{t.newText}</button>
        <button onClick={() => setOpen('path')}>{t.openPath}</button>
        <button onClick={() => download(caller, url, `${name}.tar`, true)}>{t.exportSpace}</button>
        <Import caller={caller} space={space} done={listing.reload} />
      </p>
      <DropZone caller={caller} container={`${url}/`}>
        <Failure error={listing.error} retry={listing.reload} />
        {!shown && !listing.error && <Loading />}
        {listing.value && items.length === 0 && <p>{t.noResources}</p>}
        {page.length > 0 && (
          <Items
            caller={caller}
            items={page}
            version={0}
            reload={listing.reload}
            href={item => linkTo(['space', server.base, space, item.id])}
          />
        )}
      </DropZone>
      {shown && (
        <nav class="pages" aria-label={t.resources}>
          <span role="status">
            {t.listRead(items.length, t.size(shown.read), shown.whole)}{' '}
            {items.length > SHOWN && t.shown(first + 1, first + page.length, items.length)}
          </span>
          <button disabled={first === 0} onClick={() => setFirst(0)}>
            {t.firstPage}
          </button>
          <button disabled={first + SHOWN >= items.length} onClick={() => setFirst(first + SHOWN)}>
            {t.nextPage}
          </button>
          {listing.value && !shown.whole && (
            <button onClick={() => setMost(most * 4)}>{t.readMore}</button>
          )}
        </nav>
      )}
      <p class="hint">{t.classicList}</p>
      {open === 'text' && (
        <NewText
          caller={caller}
          container={`${url}/`}
          place={id => ({ parts: ['space', server.base, space, `/${id}`], via: undefined })}
          close={close}
        />
      )}
      {open === 'path' && (
        <FormDialog
          title={t.openPath}
          label={t.open}
          close={close}
          submit={async fields => {
            const path = fieldOf(fields, 'path').replace(/^\/?/, '/')
            go(['space', server.base, space, path])
          }}
        >
          <Field name="path" label={t.path} />
        </FormDialog>
      )}
    </>
  )
}
