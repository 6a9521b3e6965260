// Licensed under the Apache License, Version 2.0; see LICENSE.

// A space of pws: its collections, what it takes, its archive, who may read it.

import { useEffect, useState } from 'preact/hooks'
import { callerOf, linkTo, noteName } from '../state'
import { t } from '../strings'
import { download } from '../transfer/downloads'
import * as classic from '../wire/classic'
import * as pws from '../wire/pws'
import { ask, type Caller } from '../wire/request'
import { numberOf, textOf } from '../wire/values'
import type { Server } from '../wire/server'
import { Access } from './access'
import { Crumbs, DeleteDialog, Failure, Loading, Name, NameDialog } from './parts'
import { say, useDeed, useLoaded } from './parts'
import { ShareDialog } from './share'

type Open = 'make' | 'share' | { rename: pws.Collection } | { remove: pws.Collection }

interface SpaceProps {
  server: Server
  space: string
  via: string | undefined
}

export function SpaceView({ server, space, via }: SpaceProps) {
  const caller = callerOf(server, via)
  const keys = [server.base, space, via, caller.identity?.did]
  const url = pws.spaceUrl(caller, space)
  const meta = useLoaded(() => pws.readMeta(caller, url), keys)
  const collections = useLoaded(() => pws.listCollections(caller, space), keys)
  const [open, setOpen] = useState<Open>()
  const close = () => setOpen(undefined)
  const then = async (deed: Promise<unknown>) => {
    await deed
    collections.reload()
  }
  const name = textOf(meta.value?.document.name) ?? space
  useEffect(() => noteName(['space', server.base, space], name), [name])
  return (
    <>
      <Crumbs path={[{ label: server.base, href: linkTo(['spaces', server.base]) }]} here={name} />
      <h1>
        <Name>{name}</Name>
      </h1>
      <p class="actions">
        <button class="primary" onClick={() => setOpen('make')}>
          {t.makeCollection}
        </button>
        <button onClick={() => setOpen('share')}>{t.share}</button>
        <button onClick={() => download(caller, `${url}export`, `${name}.tar`, true)}>
          {t.exportSpace}
        </button>
        <Import caller={caller} space={space} done={collections.reload} />
      </p>
      <Failure error={collections.error} retry={collections.reload} />
      {!collections.value && !collections.error && <Loading />}
      {collections.value?.length === 0 && <p>{t.noCollections}</p>}
      <ul class="cards" aria-label={t.collections}>
        {collections.value?.map(one => (
          <li class="card" key={one.id}>
            <h2>
              <a href={linkTo(['space', server.base, space, one.id], via)}>
                <Name>{one.name}</Name>
              </a>
            </h2>
            <p class="actions">
              <button onClick={() => setOpen({ rename: one })}>{t.rename}</button>
              <button onClick={() => setOpen({ remove: one })}>{t.delete}</button>
            </p>
          </li>
        ))}
      </ul>
      <UsageView caller={caller} space={space} names={collections.value ?? []} />
      {!via && <Access caller={caller} url={url} space={space} />}
      {open === 'share' && <ShareDialog caller={caller} url={url} close={close} />}
      {open === 'make' && (
        <NameDialog
          title={t.makeCollection}
          close={close}
          submit={name => then(pws.makeCollection(caller, space, name))}
        />
      )}
      {typeof open === 'object' && 'rename' in open && (
        <NameDialog
          title={t.rename}
          value={open.rename.name}
          close={close}
          submit={name => then(pws.rename(caller, open.rename.url, name))}
        />
      )}
      {typeof open === 'object' && 'remove' in open && (
        <DeleteDialog
          question={t.deleteWholeAsk(open.remove.name)}
          close={close}
          submit={() => then(ask(caller, 'DELETE', open.remove.url))}
        />
      )}
    </>
  )
}

interface ImportProps {
  caller: Caller
  space: string
  done(): void
}

export function Import({ caller, space, done }: ImportProps) {
  const deed = useDeed()
  const [sent, setSent] = useState<number>()
  const take = (file: File | undefined) => {
    if (!file) return
    void deed.run(async () => {
      const counts = await takeIn(caller, space, file, setSent)
      const words = Object.entries(counts).filter(([, count]) => numberOf(count))
      say(t.imported(words.map(([what, count]) => `${what} ${String(count)}`).join(', ')))
      done()
    })
  }
  return (
    <>
      <label class="button">
        {deed.busy ? t.size(sent ?? 0) : t.importSpace}
        <input
          type="file"
          class="hidden"
          accept=".tar,application/x-tar"
          disabled={deed.busy}
          onChange={event => {
            take(event.currentTarget.files?.[0])
            event.currentTarget.value = ''
          }}
        />
      </label>
      <Failure error={deed.error} />
    </>
  )
}

async function takeIn(
  caller: Caller,
  space: string,
  archive: Blob,
  progress: (sent: number) => void
) {
  const api = caller.server.protocol === 'pws' ? pws : classic
  return await api.importArchive(caller, space, archive, progress)
}

interface UsageProps {
  caller: Caller
  space: string
  names: pws.Collection[]
}

function UsageView({ caller, space, names }: UsageProps) {
  const usage = useLoaded(() => pws.readUsage(caller, space), [space, caller.identity?.did, names])
  const { value } = usage
  if (!value) return null
  const said = value.limit
    ? t.usedOf(t.size(value.used), t.size(value.limit))
    : t.used(t.size(value.used))
  return (
    <section class="usage">
      <h2>{t.usage}</h2>
      <p>{said}</p>
      {value.limit !== undefined && (
        <meter aria-label={t.usage} max={value.limit} high={value.limit * 0.9} value={value.used} />
      )}
      {value.state === 'near-limit' && <p class="warning">{t.nearLimit}</p>}
      {value.state === 'over-quota' && <p class="failure">{t.overQuota}</p>}
      <dl>
        {value.collections.map(({ id, used }) => (
          <div>
            <dt>
              <Name>{names.find(one => one.id === id)?.name ?? id}</Name>
            </dt>
            <dd>{t.size(used)}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
