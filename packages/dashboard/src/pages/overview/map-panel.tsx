/** The traffic map as a picture, or as a list: by choice, and on narrow screens always. */
import { useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Panel } from '../../components/page.tsx';
import { connection, isStale, status } from '../../store/store.ts';
import { wiring } from '../../store/wiring.ts';
import { clock } from '../../view/format.ts';
import { buildTrafficMap } from '../../view/traffic-map.ts';
import { TrafficMapList } from './map-list.tsx';
import { TrafficMapPicture } from './traffic-map.tsx';

const NARROW = matchMedia('(max-width: 800px)');

export function MapPanel() {
  const isNarrow = useSignal(NARROW.matches);
  const isList = useSignal(false);
  useEffect(() => {
    const look = () => (isNarrow.value = NARROW.matches);
    NARROW.addEventListener('change', look);
    return () => NARROW.removeEventListener('change', look);
  }, []);
  const map = useComputed(() => (status.value === null ? null : buildTrafficMap(status.value, wiring.value))).value;
  const choice = (
    <button type="button" class="button small" aria-pressed={isList.value} onClick={() => (isList.value = !isList.value)}>
      As a list
    </button>
  );
  return (
    <Panel
      title="Traffic map"
      aside={
        <span class="button-row">
          <OldNote />
          {isNarrow.value ? null : choice}
        </span>
      }
    >
      {map === null ? null : isNarrow.value || isList.value ? <TrafficMapList map={map} /> : <TrafficMapPicture map={map} />}
    </Panel>
  );
}

/** In words beside the picture, which only loses its colours. */
function OldNote() {
  const { lastAt } = connection.value;
  return isStale.value && lastAt !== null ? <span class="badge down">no longer live: as of {clock(lastAt)}</span> : null;
}
