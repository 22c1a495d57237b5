/** Who published the numbers, by the key that rows name. */
import type { PublishedSource } from './model.ts';

export const publishedSources: readonly PublishedSource[] = [
  {
    key: 'FEL15',
    year: 2015,
    citation:
      'Felter, Ferreira, Rajamony, Rubio: An Updated Performance Comparison of Virtual Machines and Linux Containers. ISPASS 2015; IBM RC25482',
  },
  {
    key: 'MAN17',
    year: 2017,
    citation: 'Manco et al.: My VM is Lighter (and Safer) than your Container. SOSP 2017',
  },
  {
    key: 'AGA20',
    year: 2020,
    citation:
      'Agache et al.: Firecracker: Lightweight Virtualization for Serverless Applications. NSDI 2020; raw data firecracker-microvm/nsdi2020-data',
  },
  {
    key: 'FCSPEC',
    year: 2026,
    citation:
      'Firecracker SPECIFICATION and design documents, firecracker-microvm/firecracker, read as of August 2026',
  },
  {
    key: 'FCOLD',
    year: null,
    citation: 'Firecracker snapshot-support document, an older revision, firecracker-microvm/firecracker',
  },
  {
    key: 'SHA16',
    year: 2016,
    citation:
      'Sharma, Chaufournier, Shenoy, Tay: Containers and Virtual Machines at Scale: A Comparative Study. Middleware 2016',
  },
  {
    key: 'MAT07',
    year: 2007,
    citation:
      'Matthews et al.: Quantifying the Performance Isolation Properties of Virtualization Systems. ExpCS 2007',
  },
  {
    key: 'XAV13',
    year: 2013,
    citation:
      'Xavier et al.: Performance Evaluation of Container-Based Virtualization for HPC Environments. PDP 2013',
  },
  {
    key: 'YOU19',
    year: 2019,
    citation:
      'Young et al.: The True Cost of Containing: A gVisor Case Study. HotCloud 2019; numbers from notes of students',
  },
  {
    key: 'GVP',
    year: null,
    citation: 'gVisor Performance Guide and the data behind its graphs, google/gvisor',
  },
  {
    key: 'KUE21',
    year: 2021,
    citation:
      'Kuenzer et al.: Unikraft: Fast, Specialized Unikernels the Easy Way. EuroSys 2021; unikraft/eurosys21-artifacts',
  },
  {
    key: 'GAR19',
    year: 2019,
    citation: 'Garzarella: QEMU 4.0 boots uncompressed Linux x86_64 kernel, 2019-08-23; qemu-boot-time',
  },
  {
    key: 'KATA',
    year: null,
    citation:
      'Kata Containers, baselines of its continuous integration (checkmetrics), kata-containers/kata-containers',
  },
  { key: 'QRK', year: null, citation: 'Quark, document of its performance tests, QuarkContainer/Quark' },
  { key: 'CRUN', year: null, citation: 'crun, README, containers/crun' },
  { key: 'YOUKI', year: null, citation: 'youki, README, youki-dev/youki' },
  {
    key: 'UST21',
    year: 2021,
    citation:
      'Ustiugov, Petrov, Kogias, Bugnion, Grot: Benchmarking, Analysis, and Optimization of Serverless Function Snapshots. ASPLOS 2021',
  },
  {
    key: 'LXD15',
    year: 2015,
    citation: 'Canonical: announcement of LXD against KVM, May 2015 (of the vendor)',
  },
  {
    key: 'RPI15',
    year: 2015,
    citation: 'De Loof, Dubreuil, Duportal: Breaking the RPiDocker challenge. DockerCon EU 2015',
  },
  {
    key: 'KSM09',
    year: 2009,
    citation: 'Arcangeli, Eidus, Wright: Increasing memory density by using KSM. OLS 2009',
  },
  {
    key: 'KAR20',
    year: 2020,
    citation: 'Karaman: QEMU TCG Continuous Benchmarking, reports, 2020, QEMU 5.1',
  },
  {
    key: 'BEL05',
    year: 2005,
    citation: 'Bellard: QEMU, a Fast and Portable Dynamic Translator. USENIX ATC 2005',
  },
  {
    key: 'BRO23',
    year: 2023,
    citation:
      'Brooker, Danilov, Greenwood, Piwonka: On-demand Container Loading in AWS Lambda. USENIX ATC 2023',
  },
];
