// What the bundler cannot say: licenses of packages that ship no license file, and third-party code inside of binaries.
import { HDF5_LBNL, ZLIB, apache2, bsd2, bsd3, mit } from './license-texts.mjs';

const FAST = mit('FAST - https://www.fast.design/', 'Copyright (c) Microsoft Corporation. All rights reserved.');
const TENSORFLOW = 'Copyright 2017-2024 Google LLC. All Rights Reserved.';

/** By name of the package: the text that its repository has and its npm package lacks. */
export const MISSING_LICENSES = {
  '@microsoft/fast-element': FAST,
  '@microsoft/fast-foundation': FAST,
  '@microsoft/fast-web-utilities': FAST,
  '@tensorflow/tfjs-backend-cpu': apache2(TENSORFLOW),
  '@tensorflow/tfjs-backend-wasm': apache2(TENSORFLOW),
  '@tensorflow/tfjs-core': apache2(TENSORFLOW),
  '@tensorflow/tfjs-layers': `${apache2(TENSORFLOW)}

Parts of TensorFlow.js Layers are licensed under the MIT license:

${mit(
  'All contributions by François Chollet: Copyright (c) 2015 - 2018, François Chollet.',
  'All contributions by Google: Copyright (c) 2015 - 2018, Google LLC.',
  'All contributions by Microsoft: Copyright (c) 2017 - 2018, Microsoft, Inc.',
  'All other contributions: Copyright (c) 2015 - 2018, the respective contributors.',
  'All rights reserved.',
)}`,
  seedrandom: mit('Copyright 2019 David Bau.'),
  tr46: mit('Copyright (c) Sebastian Mayr'),
};

const TFJS_WASM = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm'];
const KERNELS = ['kernels.simd.wasm', 'kernels.relaxed.wasm'];
const H5WASM = ['libraries/h5wasm.js'];

/**
 * Third-party code that is compiled into a binary.
 * `inside`: the files of dist that it is in; h5wasm.js has its binary as text.
 */
export const INSIDE_BINARIES = [
  { name: 'HDF5, portions of Lawrence Berkeley National Laboratory', inside: H5WASM, text: HDF5_LBNL },
  {
    name: 'libaec (szip)',
    inside: H5WASM,
    text: bsd2('Copyright 2012 - 2024 Mathis Rosenhauer, Moritz Hanke, Joerg Behrens, Luis Kornblueh'),
  },
  { name: 'zlib', inside: H5WASM, text: ZLIB },
  {
    name: 'Emscripten',
    inside: [...H5WASM, ...TFJS_WASM],
    text: mit('Copyright (c) 2010-2024 Emscripten authors, see its AUTHORS file.'),
  },
  {
    name: 'musl',
    inside: [...H5WASM, ...TFJS_WASM, ...KERNELS],
    text: `${mit('Copyright © 2005-2020 Rich Felker, et al.')}

Most of the math library code is
Copyright © 1993,2004 Sun Microsystems or
Copyright © 2003-2011 David Schultz or
Copyright © 2003-2009 Steven G. Kargl or
Copyright © 2003-2009 Bruce D. Evans or
Copyright © 2008 Stephen L. Moshier or
Copyright © 2017-2018 Arm Limited
and labelled as such in comments in the individual source files. All have been licensed under extremely permissive terms.`,
  },
  {
    name: 'LLVM libc++, libc++abi and compiler-rt',
    inside: [...H5WASM, ...TFJS_WASM],
    text: apache2(
      'Copyright (c) 2003-2024 by the contributors of the LLVM Project (https://llvm.org)',
      'With the LLVM exception: portions that are embedded into an object form by compiling may be redistributed without',
      'complying with the conditions of sections 4(a), 4(b) and 4(d) of the license.',
    ),
  },
  {
    name: 'XNNPACK',
    inside: TFJS_WASM,
    text: bsd3(
      'the name Facebook nor the names of its contributors',
      'Copyright (c) Facebook, Inc. and its affiliates.',
      'Copyright 2019 Google LLC',
    ),
  },
  {
    name: 'pthreadpool',
    inside: TFJS_WASM,
    text: bsd2(
      'Copyright 2019 Google LLC',
      'Copyright (c) 2017 Facebook Inc.',
      'Copyright (c) 2015-2017 Georgia Institute of Technology',
    ),
  },
  {
    name: 'cpuinfo and clog',
    inside: TFJS_WASM,
    text: bsd2(
      'Copyright (c) 2019 Google LLC',
      'Copyright (c) 2017-2018 Facebook Inc.',
      'Copyright (C) 2012-2017 Georgia Institute of Technology',
      'Copyright (C) 2010-2012, 2018 Marat Dukhan',
    ),
  },
  {
    name: 'FP16',
    inside: TFJS_WASM,
    text: mit(
      'Copyright (c) 2017 Facebook Inc.',
      'Copyright (c) 2017 Georgia Institute of Technology',
      'Copyright 2019 Google LLC',
    ),
  },
  {
    name: 'FXdiv',
    inside: TFJS_WASM,
    text: mit('Copyright (c) 2017 Facebook Inc.', 'Copyright (c) 2016-2017 Marat Dukhan'),
  },
  {
    name: 'psimd',
    inside: TFJS_WASM,
    text: mit(
      'Copyright (c) 2017 Facebook Inc.',
      'Copyright (c) 2014-2017 Georgia Institute of Technology',
      'Copyright 2019 Google LLC',
    ),
  },
  {
    name: 'AssemblyScript (runtime and standard library)',
    inside: KERNELS,
    text: apache2('Copyright 2020-2026 Daniel Wirtz / The AssemblyScript Authors.'),
  },
];
