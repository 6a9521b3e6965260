// Licensed under the Apache License, Version 2.0; see LICENSE.

// A collection of pws: its resources, page by page, as they change.

import { useEffect, useState } from 'preact/hooks'
import { callerOf, linkTo, nameOf, noteName, online } from '../state'
import { t } from '../strings'
import { uploaded } from '../transfer/uploads'
import { watch, type Change } from '../wire/changes'
import * as pws from '../wire/pws'
import type { Caller } from '../wire/request'
import type { Server } from '../wire/server'
import { textOf } from '../wire/values'
import { Access } from './access'
import { DropZone, Items, NewText } from './items'
import { Crumbs, Failure, Loading, Name, useLoaded } from './parts'
import { ShareDialog } from './share'

// Tells of changes until it goes; whether the server is reached.
export function useChanges(caller: Caller, url: string, changed: (changes: Change[]) => void) {
  const [broken, setBroken] = useState(false)
  useEffect(() => {
    const stopper = new AbortController()
    const listener = {
      changed: (changes: Change[], caughtUp: boolean) => caughtUp && changed(changes),
      broken: setBroken
    }
    void watch(caller, url, stopper.signal, listener)
    return () => stopper.abort()
  }, [url, caller.identity?.did, caller.capability?.id])
  return broken
}

interface CollectionProps {
  server: Server
  space: string
  collection: string
  via: string | undefined
}

export function CollectionView({ server, space, collection, via }: CollectionProps) {
  const caller = callerOf(server, via)
  const url = pws.collectionUrl(caller, space, collection)
  const [pages, setPages] = useState<string[]>([url])
  const [before, setBefore] = useState(0)
  const [version, setVersion] = useState(0)
  const [open, setOpen] = useState<'text' | 'share'>()
  const at = pages[pages.length - 1]!
  const keys = [url, via, caller.identity?.did]
  const meta = useLoaded(() => pws.readMeta(caller, url), keys)
  const page = useLoaded(() => pws.listResources(caller, at), [...keys, at])
  const reload = () => {
    setVersion(n => n + 1)
    page.reload()
  }
  const broken = useChanges(caller, url, reload)
  useEffect(() => {
    if (uploaded.value > 0) reload()
  }, [uploaded.value])
  const name = textOf(meta.value?.document.name) ?? collection
  useEffect(() => noteName(['space', server.base, space, collection], name), [name])
  const items = page.value?.items ?? []
  const next = page.value?.next
  return (
    <>
      <Crumbs
        path={[
          { label: server.base, href: linkTo(['spaces', server.base]) },
          {
            label: nameOf(['space', server.base, space]),
            href: linkTo(['space', server.base, space], via)
          }
        ]}
        here={name}
      />
      <h1>
        <Name>{name}</Name>
      </h1>
      {broken && online.value && (
        <p class="warning" role="status">
          {t.notLive}
        </p>
      )}
      <p class="actions">
        <button onClick={() => setOpen('text')}>{t.newText}</button>
        <button onClick={() => setOpen('share')}>{t.share}</button>
      </p>
      <DropZone caller={caller} container={url}>
        <Failure error={page.error} retry={page.reload} />
        {!page.value && !page.error && <Loading />}
        {page.value && items.length === 0 && pages.length === 1 && <p>{t.noResources}</p>}
        {items.length > 0 && (
          <Items
            caller={caller}
            items={items}
            version={version}
            reload={reload}
            href={item => linkTo(['space', server.base, space, collection, item.id], via)}
          />
        )}
      </DropZone>
      {page.value && items.length > 0 && (
        <nav class="pages" aria-label={t.resources}>
          <span role="status">{t.shown(before + 1, before + items.length, page.value.total)}</span>
          <button
            disabled={pages.length === 1}
            onClick={() => {
              setPages([url])
              setBefore(0)
            }}
          >
            {t.firstPage}
          </button>
          <button
            disabled={!next}
            onClick={() => {
              setBefore(before + items.length)
              setPages([...pages, next!])
            }}
          >
            {t.nextPage}
          </button>
        </nav>
      )}
      {!via && <Access caller={caller} url={url} space={space} />}
      {open === 'share' && (
        <ShareDialog caller={caller} url={url} close={() => setOpen(undefined)} />
      )}
      {open === 'text' && (
        <NewText
          caller={caller}
          container={url}
          place={id => ({ parts: ['space', server.base, space, collection, id], via })}
          close={() => setOpen(undefined)}
        />
      )}
    </>
  )
}
