// The set-up page on real data: what was understood, roles, errors at their fields, what the model hears, and the run.
import assert from 'node:assert/strict';
import { assertQuiet, panel, panelShows, pictures, SAMPLES, VSIX } from './product';
import { editorTest } from './session';

editorTest(
  'setup: a page shows and corrects how the data are read, and starts the run',
  { vsix: [VSIX], workspace: SAMPLES, settings: { 'v2s.method': 'theta' }, timeout: 600_000 },
  async ({ workbench }) => {
    const { page } = workbench;
    // A test file is not trained on without a word.
    await workbench.openFile('CBF/CBF_TEST.tsv');
    await workbench.contextMenu('CBF_TEST.tsv', 'Reprogram Dataset');
    await panelShows(workbench, 'setup', '.warning', /named as a test file/);
    await (await panel(workbench, 'setup')).getByRole('button', { name: 'Train on CBF_TRAIN.tsv' }).click();
    await panelShows(workbench, 'setup', 'h1', /^Reprogram CBF_TRAIN\.tsv$/);
    await panelShows(workbench, 'setup', '.setup-head p', /^30 series · 3 classes · length 128$/);
    let setup = await panel(workbench, 'setup');
    assert.equal(await setup.locator('.warning').isVisible(), false);
    assert.deepEqual(await setup.locator('.class-label').allInnerTexts(), ['bell', 'cylinder', 'funnel']);
    assert.equal(await setup.locator('.overlaid').count(), 30);
    await panelShows(workbench, 'setup', '.path', /CBF_TEST\.tsv/);
    await panelShows(workbench, 'setup', '.file-actions', /300 series/);

    // Ten replicas at 1,600 samples: 128 values are within one frame of 1,024 samples, or it hears none of them.
    await panelShows(workbench, 'setup', '.frame-text', /hears all 128 values of the series/);
    await setup.getByRole('slider').focus();
    await page.keyboard.press('End');
    await panelShows(workbench, 'setup', '.frame-text', /^Frame 125 of 125 .* hears nothing of the series/);
    await page.keyboard.press('Home');
    await panelShows(workbench, 'setup', '#setup-forecast ~ p', /about .* as a short measurement shows/);
    await pictures(workbench, 'setup');

    // A role: without labels nothing can be trained, and the problem is at the columns.
    const role = setup.getByLabel('Role of column 1', { exact: true });
    await role.selectOption('ignored');
    await panelShows(workbench, 'setup', '.field-problem', /The file has no labels/);
    await setup.getByRole('button', { name: 'Start' }).click();
    await setup.locator('select[aria-invalid="true"]:focus').waitFor();
    await workbench.screenshot('setup-no-labels');
    await role.selectOption('label');
    await panelShows(workbench, 'setup', '.setup-head p', /^30 series · 3 classes · length 128$/);
    // A value that is left out makes the series shorter.
    await setup.getByLabel('Columns left out').fill('2-29');
    await page.keyboard.press('Enter');
    await panelShows(workbench, 'setup', '.setup-head p', /^30 series · 3 classes · length 100$/);
    await setup.getByLabel('Columns left out').fill('130');
    await page.keyboard.press('Enter');
    await panelShows(workbench, 'setup', '.field-problem', /130 is not a column of this table, .* 1 to 129/);
    await setup.getByLabel('Columns left out').fill('');
    await page.keyboard.press('Enter');
    await panelShows(workbench, 'setup', '.setup-head p', /length 128$/);

    // An option: what is typed stays, and the field says what is expected.
    const epochs = setup.getByLabel('Epochs', { exact: true });
    await epochs.fill('0');
    await page.keyboard.press('Enter');
    await panelShows(workbench, 'setup', '.field-problem', /Enter a whole number from 1 to 100000/);
    assert.equal(await epochs.inputValue(), '0');
    assert.equal(await epochs.getAttribute('aria-invalid'), 'true');
    await epochs.fill('3');
    await page.keyboard.press('Enter');
    await setup.locator('.field-problem:not([hidden])').first().waitFor({ state: 'detached' });

    // All of it is there after a reload.
    await workbench.reload();
    await panelShows(workbench, 'setup', '.setup-head p', /length 128$/);
    setup = await panel(workbench, 'setup');
    assert.equal(await setup.getByLabel('Epochs', { exact: true }).inputValue(), '3');
    await panelShows(workbench, 'setup', '.frame-text', /^Frame 1 of 125/);

    // Another method has other options, and members of its own to look at.
    await setup.getByLabel('Method', { exact: true }).selectOption('ensemble');
    await setup.getByLabel('Epochs', { exact: true }).waitFor({ state: 'hidden' });
    await setup.getByLabel('Member', { exact: true }).selectOption({ label: '2' });
    await panelShows(workbench, 'setup', '.clip-body', /Rendering: formant/);
    await setup.getByLabel('Method', { exact: true }).selectOption('theta');

    // Keyboard only, to the result; then the page knows of the run.
    await setup.getByRole('button', { name: 'Start' }).focus();
    await page.keyboard.press('Enter');
    await panelShows(workbench, 'run', '.head .badge', /finished/);
    await panelShows(workbench, 'run', '.result .headline', /\d\s%/);
    await workbench.tab('Reprogram CBF_TRAIN.tsv').click();
    await panelShows(workbench, 'setup', '.past-runs tbody', /Theta/);
    await panelShows(workbench, 'setup', '#setup-forecast ~ p', /as earlier runs of this kind show/);
    await page.setViewportSize({ width: 575, height: 900 });
    await workbench.runCommand('View: Toggle Primary Side Bar Visibility');
    await pictures(workbench, 'setup-narrow', { themes: ['light', 'high-contrast', 'dark'] });
    assertQuiet(workbench);
  },
);
