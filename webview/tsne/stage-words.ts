import type { Layout } from '../../src/protocol/panels/tsne';
import { t } from '../shared/strings';

/** What the points of a layout went through, as the title of its plot. */
export function stageName({ stage, epoch }: Pick<Layout, 'stage' | 'epoch'>): string {
  switch (stage) {
    case 'before':
      return t('Before reprogramming');
    case 'epoch':
      return t('After epoch {0}', epoch ?? 0);
    case 'after':
      return epoch === null ? t('After reprogramming') : t('After reprogramming, epoch {0}', epoch);
    case 'fine_tuned':
      return t('Fine-tuned');
  }
}
